import { startsWith, utf8 } from "./bytes";

/** What the filter knows of gRPC over HTTP/2 (the gRPC repository's PROTOCOL-HTTP2 document). */

export const GRPC_TIMEOUT: StaticArray<u8> = utf8("grpc-timeout");
export const GRPC_STATUS: StaticArray<u8> = utf8("grpc-status");
export const GRPC_MESSAGE: StaticArray<u8> = utf8("grpc-message");
export const GRPC_ENCODING: StaticArray<u8> = utf8("grpc-encoding");
export const TE: StaticArray<u8> = utf8("te");
export const TRAILERS: StaticArray<u8> = utf8("trailers");

/** The status of a call that got none: UNKNOWN, as clients take it. */
export const NO_STATUS: i32 = 2;

const TYPE = utf8("application/grpc");
const PLUS: u8 = 0x2b;
const SEMICOLON: u8 = 0x3b;

/** Bytes before each message: whether it is compressed, and its length. */
const FRAME_BYTES: i32 = 5;

/** Whether a content type begins as those of gRPC and of its kin, gRPC-Web, do. */
export function isKinOfGrpc(type: StaticArray<u8>, start: i32, end: i32): bool {
  return startsWith(type, start, end, TYPE);
}

/** Whether a content type is that of gRPC itself, of whatever message format. */
export function isGrpc(type: StaticArray<u8>, start: i32, end: i32): bool {
  if (!startsWith(type, start, end, TYPE)) return false;
  if (end - start === TYPE.length) return true;
  const next = unchecked(type[start + TYPE.length]);
  return next === PLUS || next === SEMICOLON;
}

/** Digits of a timeout, at most. */
const DIGITS_MAX: i32 = 8;
/** Units of timeouts from the shortest: "n", "u", "m", "S", "M", "H". */
const UNITS: u8[] = [0x6e, 0x75, 0x6d, 0x53, 0x4d, 0x48];
const UNIT_NS: u64[] = [1, 1000, 1_000_000, 1_000_000_000, 60_000_000_000, 3_600_000_000_000];

/** Whether the value of a `grpc-timeout` is one, and less than so many milliseconds. */
export function isTimeoutBelow(value: StaticArray<u8>, start: i32, end: i32, limitMs: u64): bool {
  const digits = end - start - 1;
  if (digits < 1 || digits > DIGITS_MAX) return false;
  const unit = UNITS.indexOf(unchecked(value[end - 1]));
  if (unit < 0) return false;
  let count: u64 = 0;
  for (let i = start; i < end - 1; i++) {
    const digit = u64(unchecked(value[i])) - 0x30;
    if (digit > 9) return false;
    count = count * 10 + digit;
  }
  return count * UNIT_NS[unit] < limitMs * 1_000_000;
}

/** Whether a body holds one message, and nothing else. */
export function isOneMessage(body: StaticArray<u8>, size: i32): bool {
  return size >= FRAME_BYTES && messageEnd(body) === u64(size);
}

/** Whether a body that is still coming holds more than one message already. */
export function isBeyondOneMessage(body: StaticArray<u8>, size: i32): bool {
  return size >= FRAME_BYTES && messageEnd(body) < u64(size);
}

/** Where the first message of a body ends, or will. */
function messageEnd(body: StaticArray<u8>): u64 {
  let length: u64 = 0;
  for (let i = 1; i < FRAME_BYTES; i++) length = (length << 8) | u64(body[i]);
  return length + u64(FRAME_BYTES);
}
