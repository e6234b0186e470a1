import { Answer, Failure } from "./answer";
import { Backoff } from "./backoff";
import { arrayOf, ascii, typedOf, utf8 } from "./bytes";
import { CaptureBudget } from "./capture";
import { describeConfig } from "./describeConfig";
import { isBeyondOneMessage, isGrpc, isOneMessage } from "./grpc";
import { HostPattern, PathKind, PathPattern } from "./match";
import {
  answerSize,
  ObservationField,
  observationSize,
  Subject,
  writeAnswer,
  writePart,
  writeSubject,
} from "./observation";
import { parseConfig } from "./parseConfig";
import { decodeSidecarMessage, SidecarMessage, SidecarMessageKind } from "./sidecarMessage";
import { sipHash } from "./sipHash";
import { bucketOf as bucketOfHash, SplitKey, variantOf as variantOfBucket } from "./split";
import { Found, findCookieValue } from "./sticky";
import { refusalOf, Traffic } from "./traffic";
import { failureOfDetails, failureOfMade, failureOfMadeCall } from "./transport";
import { WireWriter } from "./wire";

/** The policy compiled alone, for tests and for whoever wants to foretell what the filter does. */

/** SipHash-2-4 of a message under a key of two words. */
export function sipHashOf(k0: u64, k1: u64, message: Uint8Array): u64 {
  const bytes = arrayOf(message);
  return sipHash(k0, k1, bytes, 0, bytes.length);
}

/** The hash that the filter splits by, of a rollout's salt and a user's key. */
export function hashOf(salt: string, key: string): u64 {
  const bytes = utf8(key);
  return new SplitKey(salt).hash(bytes, 0, bytes.length);
}

/** Where a user stands, 0 to 9,999. */
export function bucketOf(salt: string, key: string): u32 {
  return bucketOfHash(hashOf(salt, key));
}

/** The variant that answers a bucket: 1 for the primary, 2 for the candidate. */
export function variantOf(bucket: u32, candidateBp: u32): u32 {
  return variantOfBucket(bucket, candidateBp) as u32;
}

/** A plugin configuration in normal form, or its problems, as JSON: `{config}` or `{problems}`. */
export function parsePluginConfig(bytes: Uint8Array): string {
  return describeConfig(parseConfig(arrayOf(bytes)));
}

/** Whether a path matches a pattern of a kind: 0 prefix, 1 exact, 2 template. */
export function pathMatches(kind: i32, pattern: string, path: string): bool {
  const bytes = utf8(path);
  return new PathPattern(kind as PathKind, pattern).matches(bytes, 0, bytes.length);
}

/** Whether a host, with or without a port, matches a pattern in lower case. */
export function hostMatches(pattern: string, host: string): bool {
  const bytes = utf8(host);
  return new HostPattern(pattern).matches(bytes, 0, bytes.length);
}

/** The value of a cookie in a Cookie header, or "". */
export function cookieValue(header: string, name: string): string {
  const bytes = utf8(header);
  const found = new Found();
  if (!findCookieValue(bytes, 0, bytes.length, utf8(name), found)) return "";
  return ascii(bytes.slice<StaticArray<u8>>(found.start, found.end), found.end - found.start);
}

/** An `Answer` of the contract, encoded. */
export function encodeAnswer(
  status: i32,
  failure: i32,
  contentType: string,
  contentEncoding: string,
  latencyUs: u64,
  body: Uint8Array,
  bodyBytes: u64,
): Uint8Array {
  const answer = answerOf(status, failure, body, bodyBytes);
  const type = utf8(contentType);
  const encoding = utf8(contentEncoding);
  answer.contentType.set(type, 0, type.length);
  answer.contentEncoding.set(encoding, 0, encoding.length);
  answer.latencyUs = latencyUs;
  const writer = new WireWriter();
  writer.begin(new StaticArray<u8>(answerSize(answer)), 0);
  writeAnswer(writer, answer);
  return typedOf(writer.bytes, 0, writer.at);
}

/** An `Answer` to a call in gRPC, encoded; a status below 0 is none. */
export function encodeCallAnswer(grpcStatus: i32, grpcEncoding: string): Uint8Array {
  const answer = new Answer();
  const encoding = utf8(grpcEncoding);
  answer.grpcStatus = grpcStatus;
  answer.grpcEncoding.set(encoding, 0, encoding.length);
  const writer = new WireWriter();
  writer.begin(new StaticArray<u8>(answerSize(answer)), 0);
  writeAnswer(writer, answer);
  return typedOf(writer.bytes, 0, writer.at);
}

/** Whether a content type is gRPC's own: not that of gRPC-Web. */
export function isGrpcType(contentType: string): bool {
  const type = utf8(contentType);
  return isGrpc(type, 0, type.length);
}

/** How many messages of gRPC a body is, as far as the filter looks: 0 for a part of one, 1, or 2 for more. */
export function messagesIn(body: Uint8Array): i32 {
  const bytes = arrayOf(body);
  if (isOneMessage(bytes, bytes.length)) return 1;
  return isBeyondOneMessage(bytes, bytes.length) ? 2 : 0;
}

/** The failure that an answer to a copied call in gRPC stands for: 0 when it is the variant's own. */
export function failureOfCall(headers: i32, message: string): i32 {
  const bytes = utf8(message);
  return failureOfMadeCall(headers, bytes, 0, bytes.length);
}

/** An `Observation` of the contract, encoded, with a user's answer and, if shadowed, a shadow's. */
export function encodeObservation(
  rollout: i32,
  requestId: string,
  hash: u64,
  startUnixMs: u64,
  path: string,
  generation: u64,
  served: i32,
  overridden: bool,
  body: Uint8Array,
  shadowed: bool,
  shadowBody: Uint8Array,
): Uint8Array {
  const subject = new Subject();
  const id = utf8(requestId);
  const pathBytes = utf8(path);
  subject.rollout = rollout;
  subject.requestId.set(id, 0, id.length);
  subject.hash = hash;
  subject.startUnixMs = startUnixMs;
  subject.path.set(pathBytes, 0, pathBytes.length);
  subject.generation = generation;
  subject.served = served;
  subject.overridden = overridden;
  const answer = answerOf(200, 0, body, body.length);
  const shadow = answerOf(200, 0, shadowBody, shadowBody.length);
  const answerBytes = answerSize(answer);
  const shadowBytes = shadowed ? answerSize(shadow) : -1;
  const writer = new WireWriter();
  writer.begin(new StaticArray<u8>(observationSize(subject, answerBytes, shadowBytes)), 0);
  writeSubject(writer, subject);
  writePart(writer, ObservationField.Answer, answerBytes, answer);
  writePart(writer, ObservationField.Shadow, shadowBytes, shadow);
  return typedOf(writer.bytes, 0, writer.at);
}

/** What the filter understands of a message of the sidecar, as one line of text. */
export function readSidecarMessage(bytes: Uint8Array): string {
  const array = arrayOf(bytes);
  const message = decodeSidecarMessage(array, array.length);
  const traffic = message.traffic;
  switch (message.kind) {
    case SidecarMessageKind.Limits:
      return `limits ${message.messageBytesMax} ${message.creditBytes}`;
    case SidecarMessageKind.Ack:
      return `ack ${message.sequence} ${message.creditBytes}`;
    case SidecarMessageKind.Traffic:
      return `traffic ${message.rollout} ${trafficText(traffic)} ${versionsText(message)}`;
    case SidecarMessageKind.Malformed:
      return "malformed";
    default:
      return "unknown";
  }
}

/** Why traffic with these values can't follow traffic in force, whose requests time out after 1 s; "" when it can. */
export function trafficRefusal(
  presentGeneration: u64,
  presentBp: u32,
  generation: u64,
  candidateBp: u32,
  shadowBp: u32,
  requestTimeoutMs: u32,
): string {
  const present = new Traffic();
  present.known = true;
  present.generation = presentGeneration;
  present.candidateBp = presentBp;
  present.requestTimeoutMs = 1000;
  const next = new Traffic();
  next.generation = generation;
  next.candidateBp = candidateBp;
  next.shadowBp = shadowBp;
  next.requestTimeoutMs = requestTimeoutMs;
  return refusalOf(present, next);
}

/** The failure that an answer to a shadow stands for: 0 when it is the variant's own. */
export function failureOfShadow(status: i32, headers: i32, body: string): i32 {
  const bytes = utf8(body);
  return failureOfMade(status, headers, bytes, bytes.length);
}

/** The failure that Envoy's `response.code_details` stand for. */
export function failureOfUser(details: string): i32 {
  const bytes = utf8(details);
  return failureOfDetails(bytes, bytes.length);
}

/** Milliseconds before the n-th attempt, from 1, to connect again. */
export function backoffMs(attempt: i32, random: u64): u64 {
  const backoff = new Backoff();
  for (let i = 1; i < attempt; i++) backoff.next(0);
  return backoff.next(random);
}

function answerOf(status: i32, failure: i32, body: Uint8Array, bodyBytes: u64): Answer {
  const answer = new Answer();
  answer.status = status;
  answer.failure = failure as Failure;
  answer.bodyBytes = bodyBytes;
  const bytes = arrayOf(body);
  answer.keep(new CaptureBudget(i32.MAX_VALUE), bytes, bytes.length);
  return answer;
}

function versionsText(message: SidecarMessage): string {
  return `"${message.primaryVersion}" "${message.candidateVersion}"`;
}

function trafficText(traffic: Traffic): string {
  const shares = `${traffic.candidateBp} ${traffic.shadowBp}`;
  const whom = traffic.shadowPrimary ? "both" : "candidate";
  return `${traffic.generation} ${shares} ${whom} ${traffic.requestTimeoutMs}`;
}
