/** Text of a string in UTF-8. */
export function utf8(text: string): StaticArray<u8> {
  return arrayOf(Uint8Array.wrap(String.UTF8.encode(text)));
}

/** A copy of a typed array. */
export function arrayOf(from: Uint8Array): StaticArray<u8> {
  const out = new StaticArray<u8>(from.length);
  for (let i = 0; i < from.length; i++) out[i] = from[i];
  return out;
}

/** A copy of part of an array as a typed array. */
export function typedOf(from: StaticArray<u8>, start: i32, end: i32): Uint8Array {
  const out = new Uint8Array(end - start);
  for (let i = start; i < end; i++) out[i - start] = from[i];
  return out;
}

/** Sets an item without looking whether it is there: the caller knows. */
export function put<T>(array: StaticArray<T>, at: i32, value: T): void {
  store<T>(changetype<usize>(array) + usize(at) * sizeof<T>(), value);
}

/** Above this many bytes the host's own copy is faster than words one by one. */
const WORDS_BYTES_MAX: i32 = 128;

/** Copies bytes between arrays, which may be the same one; the caller has checked that they fit. */
export function copyBytes(
  from: StaticArray<u8>,
  fromStart: i32,
  to: StaticArray<u8>,
  toStart: i32,
  count: i32,
): void {
  const source = changetype<usize>(from) + usize(fromStart);
  const target = changetype<usize>(to) + usize(toStart);
  if (count > WORDS_BYTES_MAX || from === to) {
    memory.copy(target, source, usize(count));
    return;
  }
  if (count < 8) {
    for (let at: usize = 0; at < usize(count); at++) store<u8>(target + at, load<u8>(source + at));
    return;
  }
  const last = usize(count) - 8;
  for (let at: usize = 0; at < last; at += 8) store<u64>(target + at, load<u64>(source + at));
  store<u64>(target + last, load<u64>(source + last));
}

/** Whether no byte of `bytes[start, end)` is above 0x7f. */
export function isAscii(bytes: StaticArray<u8>, start: i32, end: i32): bool {
  const to = changetype<usize>(bytes) + usize(end);
  let at = changetype<usize>(bytes) + usize(start);
  let seen: u64 = 0;
  for (; at + 8 <= to; at += 8) seen |= load<u64>(at);
  for (; at < to; at++) seen |= u64(load<u8>(at));
  return (seen & 0x8080808080808080) === 0;
}

/** Whether `bytes[start, end)` is `text`. */
export function spells(bytes: StaticArray<u8>, start: i32, end: i32, text: StaticArray<u8>): bool {
  return end - start === text.length && sameBytes(bytes, start, text, text.length);
}

/** Whether `bytes[start, end)` begins with `text`. */
export function startsWith(
  bytes: StaticArray<u8>,
  start: i32,
  end: i32,
  text: StaticArray<u8>,
): bool {
  const length = text.length;
  return end - start >= length && sameBytes(bytes, start, text, length);
}

/** Whether the first bytes of `text` stand at `start`; both are long enough. */
function sameBytes(bytes: StaticArray<u8>, start: i32, text: StaticArray<u8>, count: i32): bool {
  const at = changetype<usize>(bytes) + usize(start);
  const expected = changetype<usize>(text);
  const size = usize(count);
  let i: usize = 0;
  for (; i + 8 <= size; i += 8) {
    if (load<u64>(at + i) !== load<u64>(expected + i)) return false;
  }
  for (; i < size; i++) {
    if (load<u8>(at + i) !== load<u8>(expected + i)) return false;
  }
  return true;
}

/** Whether `bytes[start, end)` begins with `text`, which is lower case, whatever its own case. */
export function startsWithAnyCase(
  bytes: StaticArray<u8>,
  start: i32,
  end: i32,
  text: StaticArray<u8>,
): bool {
  const length = text.length;
  if (end - start < length) return false;
  for (let i = 0; i < length; i++) {
    if (lower(unchecked(bytes[start + i])) !== unchecked(text[i])) return false;
  }
  return true;
}

/** Position of a byte in `bytes[start, end)`, or `end`. */
export function indexOf(bytes: StaticArray<u8>, start: i32, end: i32, wanted: u8): i32 {
  for (let i = start; i < end; i++) {
    if (unchecked(bytes[i]) === wanted) return i;
  }
  return end;
}

/** Whether `text` stands somewhere in `bytes[start, end)`. */
export function contains(
  bytes: StaticArray<u8>,
  start: i32,
  end: i32,
  text: StaticArray<u8>,
): bool {
  for (let i = start; i <= end - text.length; i++) {
    if (startsWith(bytes, i, end, text)) return true;
  }
  return false;
}

/** Where a path ends and its query or fragment begins. */
export function pathEnd(bytes: StaticArray<u8>, start: i32, end: i32): i32 {
  for (let i = start; i < end; i++) {
    const byte = unchecked(bytes[i]);
    if (byte === 0x3f || byte === 0x23) return i;
  }
  return end;
}

/** An ASCII capital as its small letter; any other byte as it is. */
export function lower(byte: u8): u8 {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}

/** Two hexadecimal digits for each byte, into an array twice as long. */
export function hexInto(bytes: StaticArray<u8>, out: StaticArray<u8>): void {
  for (let i = 0; i < bytes.length; i++) {
    out[i * 2] = hexDigit(bytes[i] >> 4);
    out[i * 2 + 1] = hexDigit(bytes[i] & 15);
  }
}

/** ASCII bytes as a string. */
export function ascii(bytes: StaticArray<u8>, end: i32): string {
  let out = "";
  for (let i = 0; i < end; i++) out += String.fromCharCode(i32(bytes[i] & 0x7f));
  return out;
}

function hexDigit(value: u8): u8 {
  return value < 10 ? 0x30 + value : 0x57 + value;
}
