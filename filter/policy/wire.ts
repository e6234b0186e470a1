import { copyBytes, put } from "./bytes";

/** Wire types of protobuf that the contract uses. */
export enum Wire {
  Varint = 0,
  Fixed64 = 1,
  Bytes = 2,
  Fixed32 = 5,
}

/** Bytes of a varint: one for every seven bits. */
export function varintSize(value: u64): i32 {
  return i32(70 - clz<u64>(value | 1)) / 7;
}

/** Bytes of a varint field below number 16; 0 for the default value, which is not written. */
export function numberSize(value: u64): i32 {
  return value === 0 ? 0 : 1 + varintSize(value);
}

/** Bytes of a varint field below number 16 that may be absent, as it is below 0; 0 is written. */
export function presentSize(value: i32): i32 {
  return value < 0 ? 0 : 1 + varintSize(u64(value));
}

/** Bytes of a length-delimited field below number 16 whose content has this length. */
export function fieldSize(length: i32): i32 {
  return 1 + varintSize(u64(length)) + length;
}

/** Bytes of a text field; 0 when it is empty, which is not written. */
export function textSize(length: i32): i32 {
  return length === 0 ? 0 : fieldSize(length);
}

/** Writes protobuf fields below number 16 into an array that is known to be large enough. */
export class WireWriter {
  bytes: StaticArray<u8> = new StaticArray<u8>(0);
  at: i32 = 0;

  begin(bytes: StaticArray<u8>, at: i32): void {
    this.bytes = bytes;
    this.at = at;
  }

  byte(value: i32): void {
    put(this.bytes, this.at++, u8(value));
  }

  varint(value: u64): void {
    const bytes = this.bytes;
    let at = this.at;
    let rest = value;
    while (rest > 0x7f) {
      put<u8>(bytes, at++, u8(rest) | 0x80);
      rest >>= 7;
    }
    put(bytes, at++, u8(rest));
    this.at = at;
  }

  /** Eight bytes, the highest first. */
  word(value: u64): void {
    store<u64>(changetype<usize>(this.bytes) + usize(this.at), bswap<u64>(value));
    this.at += 8;
  }

  /** A varint field; nothing for 0. */
  number(field: i32, value: u64): void {
    if (value === 0) return;
    this.byte((field << 3) | Wire.Varint);
    this.varint(value);
  }

  /** A varint field that is absent below 0. */
  present(field: i32, value: i32): void {
    if (value < 0) return;
    this.byte((field << 3) | Wire.Varint);
    this.varint(u64(value));
  }

  /** Tag and length of a field whose content the caller writes next. */
  head(field: i32, length: i32): void {
    this.byte((field << 3) | Wire.Bytes);
    this.varint(u64(length));
  }

  raw(from: StaticArray<u8>, start: i32, count: i32): void {
    copyBytes(from, start, this.bytes, this.at, count);
    this.at += count;
  }

  /** A text or bytes field; nothing when it is empty. */
  text(field: i32, from: StaticArray<u8>, start: i32, count: i32): void {
    if (count === 0) return;
    this.head(field, count);
    this.raw(from, start, count);
  }
}

/** Reads protobuf fields. `ok` turns false on anything malformed, and stays so. */
export class WireReader {
  ok: bool = true;
  /** Number and wire type of the field that `next` found. */
  field: i32 = 0;
  wire: i32 = 0;
  private readonly bytes: StaticArray<u8>;
  private readonly end: i32;
  at: i32;

  constructor(bytes: StaticArray<u8>, start: i32, end: i32) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  /** Moves to the next field; false at the end or when malformed. */
  next(): bool {
    if (!this.ok || this.at >= this.end) return false;
    const tag = this.varint();
    this.field = i32(tag >> 3);
    this.wire = i32(tag & 7);
    if (tag > u64(u32.MAX_VALUE) || this.field === 0) this.ok = false;
    return this.ok;
  }

  /** A varint, at most ten bytes long. */
  varint(): u64 {
    let value: u64 = 0;
    for (let shift: u64 = 0; shift < 70; shift += 7) {
      if (this.at >= this.end) break;
      const byte = unchecked(this.bytes[this.at++]);
      if (shift === 63 && byte > 1) break;
      value |= u64(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    this.ok = false;
    return 0;
  }

  /** The varint of a field of another wire type is malformed. */
  number(): u64 {
    if (this.wire === Wire.Varint) return this.varint();
    this.ok = false;
    return 0;
  }

  /** Length of a length-delimited field that lies within the bytes; `at` is its start. */
  length(): i32 {
    const length = this.wire === Wire.Bytes ? this.varint() : u64.MAX_VALUE;
    if (!this.ok || length > u64(this.end - this.at)) {
      this.ok = false;
      return 0;
    }
    return i32(length);
  }

  /** Passes over a field that is not known. Groups are refused. */
  skip(): void {
    if (this.wire === Wire.Varint) this.varint();
    else if (this.wire === Wire.Bytes) {
      const length = this.length();
      this.at += length;
    } else if (this.wire === Wire.Fixed64) this.at += 8;
    else if (this.wire === Wire.Fixed32) this.at += 4;
    else this.ok = false;
    if (this.at > this.end) this.ok = false;
  }
}
