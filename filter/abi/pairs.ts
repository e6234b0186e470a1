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
    spans[i * SPAN] = at;
    spans[i * SPAN + 1] = at + nameSize;
    spans[i * SPAN + 2] = valueStart;
    spans[i * SPAN + 3] = valueStart + valueSize;
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

  add(
    name: StaticArray<u8>,
    nameStart: i32,
    nameEnd: i32,
    value: StaticArray<u8>,
    valueStart: i32,
    valueEnd: i32,
  ): void {
    writeU32(this.bytes, this.sizesAt, nameEnd - nameStart);
    writeU32(this.bytes, this.sizesAt + 4, valueEnd - valueStart);
    this.sizesAt += 8;
    this.text(name, nameStart, nameEnd);
    this.text(value, valueStart, valueEnd);
  }

  private text(from: StaticArray<u8>, start: i32, end: i32): void {
    const to = changetype<usize>(this.bytes) + usize(this.at);
    memory.copy(to, changetype<usize>(from) + usize(start), usize(end - start));
    this.at += end - start;
    this.bytes[this.at] = 0;
    this.at += 1;
  }
}

function readU32(bytes: StaticArray<u8>, at: i32): i32 {
  return load<i32>(changetype<usize>(bytes) + usize(at));
}

function writeU32(bytes: StaticArray<u8>, at: i32, value: i32): void {
  store<i32>(changetype<usize>(bytes) + usize(at), value);
}
