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
