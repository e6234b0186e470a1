import {
  giveUp,
  type Reader,
  readBytes,
  readFixed32,
  readFixed64,
  readVarint,
  skipValue,
  WIRE,
} from "./protobufReader.ts";
import type { ScalarType } from "./protobufSchema.ts";

/** A value of a scalar type. */
export type ScalarValue = boolean | number | bigint | string;

/** How a scalar is written, what it is when nothing was, and how it is read. */
export type Scalar = {
  readonly wire: number;
  readonly preset: ScalarValue;
  readonly read: (reader: Reader) => ScalarValue;
};

/**
 * Scalars as JSON has them: whole numbers beyond 2^53 exactly, as bigint; numbers that JSON does not know as texts (`NaN`, `Infinity`);
 * bytes in base64. A text that is no UTF-8 is a problem.
 */
export const SCALARS: Readonly<Record<ScalarType, Scalar>> = {
  int32: varint(({ low }) => low | 0),
  int64: varint(signed),
  uint32: varint(({ low }) => low),
  uint64: varint(unsigned),
  sint32: varint(({ low }) => (low >>> 1) ^ -(low & 1)),
  sint64: varint(zigzag),
  fixed32: fixed32(({ low }) => low),
  fixed64: fixed64(unsigned),
  sfixed32: fixed32(({ low }) => low | 0),
  sfixed64: fixed64(signed),
  float: fixed32(({ low }) => real(floatOf(low))),
  double: fixed64(({ low, high }) => real(doubleOf(low, high))),
  bool: { ...varint(({ low, high }) => (low | high) !== 0), preset: false },
  string: { wire: WIRE.bytes, preset: "", read: readText },
  bytes: { wire: WIRE.bytes, preset: "", read: (reader) => base64(readBytes(reader)) },
};

/** Reads a value whose type is not known: a number without sign, or bytes in base64; those of a group with its end. */
export function readRaw(reader: Reader, wire: number, field: number): ScalarValue {
  switch (wire) {
    case WIRE.varint:
      readVarint(reader);
      return unsigned(reader);
    case WIRE.fixed32:
      readFixed32(reader);
      return unsigned(reader);
    case WIRE.fixed64:
      readFixed64(reader);
      return unsigned(reader);
    case WIRE.bytes:
      return base64(readBytes(reader));
    default: {
      const start = reader.at;
      skipValue(reader, wire, field);
      return base64(reader.bytes.subarray(start, reader.at));
    }
  }
}

/** The 64 bits that were read last as a number without sign. */
function unsigned({ low, high }: Pick<Reader, "low" | "high">): number | bigint {
  return high < 2 ** 21 ? high * 2 ** 32 + low : (BigInt(high) << 32n) | BigInt(low);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
}

function varint(read: Scalar["read"]): Scalar {
  return after(WIRE.varint, readVarint, read);
}

function fixed32(read: Scalar["read"]): Scalar {
  return after(WIRE.fixed32, readFixed32, read);
}

function fixed64(read: Scalar["read"]): Scalar {
  return after(WIRE.fixed64, readFixed64, read);
}

function after(wire: number, move: (reader: Reader) => void, read: Scalar["read"]): Scalar {
  return {
    wire,
    preset: 0,
    read: (reader) => {
      move(reader);
      return read(reader);
    },
  };
}

function signed({ low, high }: Reader): number | bigint {
  return high < 2 ** 31 ? unsigned({ low, high }) : whole(BigInt.asIntN(64, wide(low, high)));
}

function zigzag({ low, high }: Reader): number | bigint {
  const bits = wide(low, high);
  return whole((bits >> 1n) ^ -(bits & 1n));
}

function wide(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}

function whole(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

const eight = new DataView(new ArrayBuffer(8));

function floatOf(low: number): number {
  eight.setUint32(0, low);
  return eight.getFloat32(0);
}

function doubleOf(low: number, high: number): number {
  eight.setUint32(0, high);
  eight.setUint32(4, low);
  return eight.getFloat64(0);
}

function real(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function readText(reader: Reader): string {
  try {
    return UTF8.decode(readBytes(reader));
  } catch {
    giveUp(reader, "invalidUtf8");
    return "";
  }
}
