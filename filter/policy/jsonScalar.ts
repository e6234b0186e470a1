import { isDigit, JsonCursor } from "./jsonCursor";

/** Longest number. */
const NUMBER_BYTES_MAX: i32 = 64;

const QUOTE: i32 = 0x22;
const BACKSLASH: i32 = 0x5c;
const SMALL_U: i32 = 0x75;

/** Reads a number (RFC 8259, section 6). */
export function readNumber(cursor: JsonCursor): f64 {
  const start = cursor.at;
  cursor.take(0x2d);
  const leadingZero = cursor.peek() === 0x30;
  const whole = cursor.digits();
  let ok = whole > 0 && !(leadingZero && whole > 1);
  if (cursor.take(0x2e)) ok = cursor.digits() > 0 && ok;
  if (cursor.take(0x65) || cursor.take(0x45)) {
    if (!cursor.take(0x2b)) cursor.take(0x2d);
    ok = cursor.digits() > 0 && ok;
  }
  if (!ok || cursor.at - start > NUMBER_BYTES_MAX) {
    cursor.fail("not a number");
    return 0;
  }
  let text = "";
  for (let i = start; i < cursor.at; i++) text += String.fromCharCode(i32(cursor.bytes[i]));
  return parseFloat(text);
}

/** Reads a string from its opening quote on, with its escapes resolved; UTF-8 is checked. */
export function readText(cursor: JsonCursor): string {
  cursor.at++;
  let out = "";
  while (cursor.problem === "" && !cursor.take(QUOTE)) {
    out += String.fromCodePoint(readCode(cursor, cursor.peek()));
  }
  return out;
}

/** One character, written plainly or as an escape. */
function readCode(cursor: JsonCursor, byte: i32): i32 {
  if (byte < 0) cursor.fail("unexpected end");
  else if (byte < 0x20) cursor.fail("control character in a string");
  else if (byte === BACKSLASH) return readEscape(cursor);
  else return readCharacter(cursor, byte);
  return 0;
}

function readEscape(cursor: JsonCursor): i32 {
  cursor.at++;
  const byte = cursor.peek();
  cursor.at++;
  if (byte === SMALL_U) return readUnicodeEscape(cursor);
  const plain = byte < 0 ? -1 : '"\\/bfnrt'.indexOf(String.fromCharCode(byte));
  if (plain >= 0) return '"\\/\b\f\n\r\t'.charCodeAt(plain);
  cursor.fail("unknown escape");
  return 0;
}

function readUnicodeEscape(cursor: JsonCursor): i32 {
  const first = readFourHex(cursor);
  if (first < 0xd800 || first > 0xdfff) return first;
  if (first <= 0xdbff && cursor.take(BACKSLASH) && cursor.take(SMALL_U)) {
    const second = readFourHex(cursor);
    const isLow = second >= 0xdc00 && second <= 0xdfff;
    if (isLow) return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
  }
  cursor.fail("lone surrogate");
  return 0;
}

function readFourHex(cursor: JsonCursor): i32 {
  let code = 0;
  for (let i = 0; i < 4; i++) {
    const digit = hexDigit(cursor.peek());
    if (digit < 0) {
      cursor.fail("expected four hexadecimal digits");
      return 0;
    }
    code = code * 16 + digit;
    cursor.at++;
  }
  return code;
}

/** One character of UTF-8 (RFC 3629): shortest form, no surrogates, nothing above U+10FFFF. */
function readCharacter(cursor: JsonCursor, lead: i32): i32 {
  cursor.at++;
  if (lead < 0x80) return lead;
  const more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
  let code = lead & (0x3f >> more);
  for (let i = 0; i < more; i++) {
    const next = cursor.peek();
    if (next < 0x80 || next > 0xbf) {
      cursor.fail("not UTF-8");
      return 0;
    }
    cursor.at++;
    code = (code << 6) | (next & 0x3f);
  }
  if (lead <= 0xf4 && lead >= 0xc2 && isCharacter(code, more)) return code;
  cursor.fail("not UTF-8");
  return 0;
}

function isCharacter(code: i32, more: i32): bool {
  const smallest = more === 3 ? 0x10000 : more === 2 ? 0x800 : 0x80;
  if (code < smallest || code > 0x10ffff) return false;
  return code < 0xd800 || code > 0xdfff;
}

function hexDigit(byte: i32): i32 {
  if (isDigit(byte)) return byte - 0x30;
  const small = byte | 0x20;
  return small >= 0x61 && small <= 0x66 ? small - 0x57 : -1;
}
