import type { UndecodableReason } from "./comparison.ts";

/** Bytes of protobuf's wire format (protobuf.dev, "Encoding"), read from the front. Any problem moves it to its end. */
export type Reader = {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at: number;
  end: number;
  problem: UndecodableReason | undefined;
  /** The two halves of the 64-bit number that was read last, both unsigned. */
  low: number;
  high: number;
};

/** Kinds of values on the wire. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, group: 3, groupEnd: 4, fixed32: 5 } as const;

/** Levels of groups that are passed over. */
const GROUP_DEPTH_MAX = 64;
const VARINT_BYTES_MAX = 10;

/** Begins to read bytes. */
export function readerOf(bytes: Uint8Array): Reader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { bytes, view, at: 0, end: bytes.length, problem: undefined, low: 0, high: 0 };
}

/** Gives up: the first reason stands. */
export function giveUp(reader: Reader, reason: UndecodableReason): void {
  reader.problem ??= reason;
  reader.at = reader.end;
}

/** Reads a varint of at most ten bytes into `low` and `high`; what is beyond 64 bits is dropped. */
export function readVarint(reader: Reader): void {
  let low = 0;
  let high = 0;
  for (let count = 0; count < VARINT_BYTES_MAX && reader.at < reader.end; count += 1) {
    const byte = reader.bytes[reader.at] ?? 0;
    const bits = byte & 0x7f;
    reader.at += 1;
    if (count < 4) {
      low |= bits << (7 * count);
    } else if (count === 4) {
      low |= bits << 28;
      high = bits >>> 4;
    } else {
      high |= bits << (7 * count - 32);
    }
    if (byte < 0x80) {
      reader.low = low >>> 0;
      reader.high = high >>> 0;
      return;
    }
  }
  giveUp(reader, "protobuf");
}

/** Reads four bytes, little-endian, into `low`; `high` is 0. */
export function readFixed32(reader: Reader): void {
  if (skip(reader, 4)) {
    reader.low = reader.view.getUint32(reader.at - 4, true);
    reader.high = 0;
  }
}

/** Reads eight bytes, little-endian, into `low` and `high`. */
export function readFixed64(reader: Reader): void {
  if (skip(reader, 8)) {
    reader.low = reader.view.getUint32(reader.at - 8, true);
    reader.high = reader.view.getUint32(reader.at - 4, true);
  }
}

/** Reads a length, and returns the bytes that have it; they are shared. */
export function readBytes(reader: Reader): Uint8Array {
  const start = readSpan(reader);
  return reader.bytes.subarray(start, reader.at);
}

/** Reads a length and moves past what has it; returns where that begins. */
export function readSpan(reader: Reader): number {
  readVarint(reader);
  const length = reader.high > 0 ? Number.POSITIVE_INFINITY : reader.low;
  const start = reader.at;
  return skip(reader, length) ? start : reader.at;
}

/** Moves past a value of a kind, of which the tag of this field was read. */
export function skipValue(reader: Reader, wire: number, field: number): void {
  switch (wire) {
    case WIRE.varint:
      readVarint(reader);
      break;
    case WIRE.fixed64:
      skip(reader, 8);
      break;
    case WIRE.bytes:
      readSpan(reader);
      break;
    case WIRE.group:
      skipGroup(reader, field);
      break;
    case WIRE.fixed32:
      skip(reader, 4);
      break;
    default:
      giveUp(reader, "protobuf");
  }
}

/** Moves past fields to the end of a group, groups within it too. */
function skipGroup(reader: Reader, field: number): void {
  const open = [field];
  while (open.length > 0 && reader.problem === undefined) {
    readVarint(reader);
    const inner = reader.low >>> 3;
    const wire = reader.low & 7;
    if (wire === WIRE.group) {
      open.push(inner);
    } else if (wire === WIRE.groupEnd) {
      if (open.pop() !== inner) {
        giveUp(reader, "protobuf");
      }
    } else {
      skipValue(reader, wire, inner);
    }
    if (open.length > GROUP_DEPTH_MAX) {
      giveUp(reader, "tooDeep");
    }
  }
}

function skip(reader: Reader, count: number): boolean {
  if (reader.problem !== undefined || count > reader.end - reader.at) {
    giveUp(reader, "protobuf");
    return false;
  }
  reader.at += count;
  return true;
}
