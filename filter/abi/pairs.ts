/**
 * Header pairs as the host writes them: u32 count, count times (u32 name size, u32 value size), then
 * each name and value followed by a NUL. Little endian.
 */

/** Numbers a header takes in a span list: name start, name end, value start, value end. */
const SPAN: i32 = 4;

/**
 * Finds the headers in serialised pairs. Returns their number, or -1 when the bytes are no such list
 * or hold more headers than `spans` has room for.
 */
export function decodePairs(bytes: StaticArray<u8>, size: i32, spans: StaticArray<i32>): i32 {
  if (size < 4 || size > bytes.length) return -1;
  const count = readU32(bytes, 0);
  if (count < 0 || count > spans.length / SPAN || 4 + count * 8 > size) return -1;
  let at = 4 + count * 8;
  for (let i = 0; i < count; i++) {
    const nameSize = readU32(bytes, 4 + i * 8);
    const valueSize = readU32(bytes, 8 + i * 8);
    if (nameSize < 0 || valueSize < 0) return -1;
    if (nameSize > size - at - 1) return -1;
    const valueStart = at + nameSize + 1;
    if (valueSize > size - valueStart - 1) return -1;
    const span = changetype<usize>(spans) + usize(i * SPAN * 4);
    store<i32>(span, at);
    store<i32>(span, at + nameSize, 4);
    store<i32>(span, valueStart, 8);
    store<i32>(span, valueStart + valueSize, 12);
    at = valueStart + valueSize + 1;
  }
  return count;
}

/** Writes serialised pairs into an array that is known to be large enough. */
export class PairsWriter {
  private bytes: StaticArray<u8> = new StaticArray<u8>(0);
  private sizesAt: i32 = 0;
  private at: i32 = 0;

  /** Bytes that `count` headers take whose names and values are `textBytes` long together. */
  static size(count: i32, textBytes: i32): i32 {
    return 4 + count * 10 + textBytes;
  }

  begin(bytes: StaticArray<u8>, count: i32): void {
    this.bytes = bytes;
    writeU32(bytes, 0, count);
    this.sizesAt = 4;
    this.at = 4 + count * 8;
  }

  /** A header of a list that the host wrote: name and value stand there as they must here, each with its NUL. */
  copy(from: StaticArray<u8>, nameStart: i32, nameEnd: i32, valueEnd: i32): void {
    this.sizes(nameEnd - nameStart, valueEnd - nameEnd - 1);
    this.text(from, nameStart, valueEnd);
  }

  add(name: StaticArray<u8>, value: StaticArray<u8>): void {
    this.sizes(name.length, value.length);
    this.text(name, 0, name.length);
    this.text(value, 0, value.length);
  }

  private sizes(name: i32, value: i32): void {
    writeU32(this.bytes, this.sizesAt, name);
    writeU32(this.bytes, this.sizesAt + 4, value);
    this.sizesAt += 8;
  }

  private text(from: StaticArray<u8>, start: i32, end: i32): void {
    const size = end - start;
    const to = changetype<usize>(this.bytes) + usize(this.at);
    memory.copy(to, changetype<usize>(from) + usize(start), usize(size));
    store<u8>(to + usize(size), 0);
    this.at += size + 1;
  }
}

function readU32(bytes: StaticArray<u8>, at: i32): i32 {
  return load<i32>(changetype<usize>(bytes) + usize(at));
}

function writeU32(bytes: StaticArray<u8>, at: i32, value: i32): void {
  store<i32>(changetype<usize>(bytes) + usize(at), value);
}
