import type { UndecodableReason } from "../core/compare/comparison.ts";
import type { Answer } from "../core/observation.ts";
import { type DecodeLimits, decodeBody } from "./decodeBody.ts";

/** The one message that answers a unary call, decompressed; none where the call failed; or why it can't be had. */
export type CallMessage =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "none" }
  | { readonly kind: "problem"; readonly reason: UndecodableReason };

const FRAME_BYTES = 5;
const PLAIN = 0;
const COMPRESSED = 1;
const OK = 0;

/**
 * Takes the message out of the body of an answer in gRPC (length-prefixed messages: the gRPC repository's PROTOCOL-HTTP2 document), which
 * must be whole. A call that is OK has one message; one that failed may have none.
 */
export function callMessage(answer: Answer, limits: DecodeLimits): CallMessage {
  const { body, grpcStatus, grpcEncoding = "" } = answer;
  if (body.length === 0) {
    return grpcStatus === OK ? problem("grpcMessages") : { kind: "none" };
  }
  if (body.length < FRAME_BYTES) {
    return problem("grpcFrame");
  }
  const flag = body[0];
  const length = new DataView(body.buffer, body.byteOffset).getUint32(1);
  const message = body.subarray(FRAME_BYTES, FRAME_BYTES + length);
  if (message.length < length || (flag !== PLAIN && flag !== COMPRESSED)) {
    return problem("grpcFrame");
  }
  if (body.length > FRAME_BYTES + length) {
    return problem("grpcMessages");
  }
  if (flag === PLAIN) {
    return { kind: "bytes", bytes: message };
  }
  const isNamed = grpcEncoding !== "" && grpcEncoding !== "identity";
  return isNamed ? decodeBody(message, grpcEncoding, limits) : problem("grpcFrame");
}

function problem(reason: UndecodableReason): CallMessage {
  return { kind: "problem", reason };
}
