import { Failure } from "./answer";
import { contains, spells, startsWith, utf8 } from "./bytes";

/** Headers of an answer that Envoy makes itself: status, content-length, content-type. */
const MADE_HEADERS: i32 = 3;
/** And to a call in gRPC: status, content-type, grpc-status, grpc-message. */
const MADE_GRPC_HEADERS: i32 = 4;
/** Longest answer that Envoy makes itself. */
export const MADE_BODY_BYTES_MAX: i32 = 512;

const TIMEOUT_BODY = utf8("upstream request timeout");
const CONNECT_BODY = utf8("upstream connect error or disconnect/reset before headers");
const NO_HOST_BODY = utf8("no healthy upstream");
const MAINTENANCE_BODY = utf8("maintenance mode");

const TIMEOUT = utf8("timeout");
const DURATION = utf8("max_duration");
const BEFORE = utf8("upstream_reset_before_response_started");
const AFTER = utf8("upstream_reset_after_response_started");
const NO_HOST = utf8("no_healthy_upstream");
const NO_CLUSTER = utf8("cluster_not_found");
const MAINTENANCE = utf8("maintenance_mode");

/**
 * Whether the answer to a shadow was made by Envoy for want of one. Envoy gives no mark: its 503 and
 * 504 are known by their texts and by having no header beside the three that it sets.
 */
export function failureOfMade(
  status: i32,
  headers: i32,
  body: StaticArray<u8>,
  size: i32,
): Failure {
  if (headers !== MADE_HEADERS) return Failure.None;
  if (status === 504 && spells(body, 0, size, TIMEOUT_BODY)) return Failure.Timeout;
  return status === 503 && isUnreachable(body, 0, size) ? Failure.Unreachable : Failure.None;
}

/** As `failureOfMade`, of the answer to a call in gRPC: there the same texts are the call's message. */
export function failureOfMadeCall(
  headers: i32,
  message: StaticArray<u8>,
  start: i32,
  end: i32,
): Failure {
  if (headers !== MADE_GRPC_HEADERS) return Failure.None;
  if (spells(message, start, end, TIMEOUT_BODY)) return Failure.Timeout;
  return isUnreachable(message, start, end) ? Failure.Unreachable : Failure.None;
}

function isUnreachable(text: StaticArray<u8>, start: i32, end: i32): bool {
  return (
    startsWith(text, start, end, CONNECT_BODY) ||
    spells(text, start, end, NO_HOST_BODY) ||
    spells(text, start, end, MAINTENANCE_BODY)
  );
}

/** What Envoy's `response.code_details` say of a user's answer: none for the variant's own. */
export function failureOfDetails(bytes: StaticArray<u8>, size: i32): Failure {
  if (startsWith(bytes, 0, size, BEFORE)) return Failure.Unreachable;
  if (startsWith(bytes, 0, size, AFTER)) return Failure.Reset;
  if (spells(bytes, 0, size, NO_HOST)) return Failure.Unreachable;
  if (spells(bytes, 0, size, NO_CLUSTER)) return Failure.Unreachable;
  if (spells(bytes, 0, size, MAINTENANCE)) return Failure.Unreachable;
  if (contains(bytes, 0, size, TIMEOUT)) return Failure.Timeout;
  return startsWith(bytes, 0, size, DURATION) ? Failure.Timeout : Failure.None;
}
