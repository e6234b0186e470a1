import { startsWith, utf8 } from "./bytes";

/** Deepest nesting of objects and arrays. */
export const DEPTH_MAX: i32 = 16;
/** Most values in one document. */
export const VALUES_MAX: i32 = 16_384;

export enum JsonKind {
  Null = 0,
  True = 1,
  False = 2,
  Number = 3,
  Text = 4,
  List = 5,
  Fields = 6,
}

/** A parsed JSON value (RFC 8259). */
export class Json {
  kind: JsonKind = JsonKind.Null;
  number: f64 = 0;
  text: string = "";
  /** Items of a list, or the values of fields in the order of `keys`. */
  items: Json[] = [];
  keys: string[] = [];

  /** The value of a field, or null. */
  field(key: string): Json | null {
    const i = this.keys.indexOf(key);
    return i < 0 ? null : this.items[i];
  }
}

const TRUE = utf8("true");
const FALSE = utf8("false");
const NULL = utf8("null");

/**
 * Parses one JSON document, strictly: UTF-8, no byte order mark, no key twice, at most `DEPTH_MAX`
 * deep and `VALUES_MAX` values. `problem` says what is wrong and at which byte, or is "".
 */
export class JsonParser {
  problem: string = "";
  private bytes: StaticArray<u8>;
  private end: i32;
  private at: i32 = 0;
  private values: i32 = 0;

  constructor(bytes: StaticArray<u8>) {
    this.bytes = bytes;
    this.end = bytes.length;
  }

  parse(): Json {
    const value = this.value(0);
    this.skipSpace();
    if (this.problem === "" && this.at < this.end) this.fail("unexpected text after the value");
    return value;
  }

  private fail(what: string): void {
    if (this.problem === "") this.problem = what + " at byte " + this.at.toString();
  }

  private peek(): i32 {
    return this.at < this.end ? i32(unchecked(this.bytes[this.at])) : -1;
  }

  private skipSpace(): void {
    while (this.at < this.end) {
      const byte = unchecked(this.bytes[this.at]);
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.at++;
    }
  }

  private value(depth: i32): Json {
    const out = new Json();
    this.skipSpace();
    if (++this.values > VALUES_MAX) {
      this.fail("more than " + VALUES_MAX.toString() + " values");
      return out;
    }
    const byte = this.peek();
    if (byte === 0x7b || byte === 0x5b) {
      if (depth >= DEPTH_MAX) this.fail("nested deeper than " + DEPTH_MAX.toString());
      else if (byte === 0x7b) this.fields(out, depth);
      else this.list(out, depth);
    } else if (byte === 0x22) {
      out.kind = JsonKind.Text;
      out.text = this.string();
    } else if (byte === 0x2d || isDigit(byte)) this.number(out);
    else if (this.word(TRUE)) out.kind = JsonKind.True;
    else if (this.word(FALSE)) out.kind = JsonKind.False;
    else if (this.word(NULL)) out.kind = JsonKind.Null;
    else this.fail(byte < 0 ? "unexpected end" : "unexpected character");
    return out;
  }

  private word(text: StaticArray<u8>): bool {
    if (!startsWith(this.bytes, this.at, this.end, text)) return false;
    this.at += text.length;
    return true;
  }

  private fields(out: Json, depth: i32): void {
    out.kind = JsonKind.Fields;
    this.at++;
    this.skipSpace();
    if (this.peek() === 0x7d) {
      this.at++;
      return;
    }
    while (this.problem === "") {
      this.skipSpace();
      if (this.peek() !== 0x22) return this.fail("expected a key");
      const key = this.string();
      if (out.keys.includes(key)) return this.fail("key " + key + " twice");
      this.skipSpace();
      if (this.peek() !== 0x3a) return this.fail("expected a colon");
      this.at++;
      out.keys.push(key);
      out.items.push(this.value(depth + 1));
      if (!this.more(0x7d)) return;
    }
  }

  private list(out: Json, depth: i32): void {
    out.kind = JsonKind.List;
    this.at++;
    this.skipSpace();
    if (this.peek() === 0x5d) {
      this.at++;
      return;
    }
    while (this.problem === "") {
      out.items.push(this.value(depth + 1));
      if (!this.more(0x5d)) return;
    }
  }

  /** After an item: true when another follows, false after the closing bracket or a problem. */
  private more(close: i32): bool {
    this.skipSpace();
    const byte = this.peek();
    if (byte === 0x2c) {
      this.at++;
      return true;
    }
    if (byte === close) this.at++;
    else this.fail("expected a comma or the end");
    return false;
  }

  private number(out: Json): void {
    const start = this.at;
    if (this.peek() === 0x2d) this.at++;
    const leading = this.peek();
    let ok = this.digits() > 0;
    if (leading === 0x30 && this.at - start > (unchecked(this.bytes[start]) === 0x2d ? 2 : 1))
      ok = false;
    if (this.peek() === 0x2e) {
      this.at++;
      if (this.digits() === 0) ok = false;
    }
    if (this.peek() === 0x65 || this.peek() === 0x45) {
      this.at++;
      if (this.peek() === 0x2b || this.peek() === 0x2d) this.at++;
      if (this.digits() === 0) ok = false;
    }
    if (!ok || this.at - start > 64) return this.fail("not a number");
    let text = "";
    for (let i = start; i < this.at; i++) text += String.fromCharCode(i32(this.bytes[i]));
    out.kind = JsonKind.Number;
    out.number = parseFloat(text);
  }

  private digits(): i32 {
    const start = this.at;
    while (isDigit(this.peek())) this.at++;
    return this.at - start;
  }

  /** A string in quotes, with its escapes resolved; UTF-8 is checked. */
  private string(): string {
    this.at++;
    const out: i32[] = [];
    while (this.problem === "") {
      const byte = this.peek();
      if (byte < 0x20) {
        this.fail(byte < 0 ? "unexpected end" : "control character in a string");
        break;
      }
      if (byte === 0x22) {
        this.at++;
        break;
      }
      const code = byte === 0x5c ? this.escape() : this.character(byte);
      if (code >= 0) out.push(code);
    }
    return textOf(out);
  }

  private escape(): i32 {
    this.at++;
    const byte = this.peek();
    this.at++;
    if (byte === 0x75) return this.unicodeEscape();
    const plain = byte < 0 ? -1 : '"\\/bfnrt'.indexOf(String.fromCharCode(byte));
    if (plain < 0) {
      this.fail("unknown escape");
      return -1;
    }
    return '"\\/\b\f\n\r\t'.charCodeAt(plain);
  }

  private unicodeEscape(): i32 {
    const first = this.fourHex();
    if (first < 0xd800 || first > 0xdfff) return first;
    if (first <= 0xdbff && this.peek() === 0x5c) {
      this.at++;
      if (this.peek() === 0x75) {
        this.at++;
        const second = this.fourHex();
        if (second >= 0xdc00 && second <= 0xdfff) {
          return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        }
      }
    }
    this.fail("lone surrogate");
    return -1;
  }

  private fourHex(): i32 {
    let code = 0;
    for (let i = 0; i < 4; i++) {
      const digit = hexDigit(this.peek());
      if (digit < 0) {
        this.fail("expected four hexadecimal digits");
        return -1;
      }
      code = code * 16 + digit;
      this.at++;
    }
    return code;
  }

  /** One character of UTF-8 (RFC 3629): shortest form, no surrogates, nothing above U+10FFFF. */
  private character(lead: i32): i32 {
    this.at++;
    if (lead < 0x80) return lead;
    const more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    let code = lead & (0x3f >> more);
    for (let i = 0; i < more; i++) {
      const next = this.peek();
      if (next < 0x80 || next > 0xbf) code = i32.MIN_VALUE;
      else this.at++;
      code = (code << 6) | (next & 0x3f);
    }
    const smallest = more === 3 ? 0x10000 : more === 2 ? 0x800 : 0x80;
    const surrogate = code >= 0xd800 && code <= 0xdfff;
    if (lead < 0xc2 || lead > 0xf4 || code < smallest || code > 0x10ffff || surrogate) {
      this.fail("not UTF-8");
      return -1;
    }
    return code;
  }
}

function textOf(codes: i32[]): string {
  let out = "";
  for (let i = 0; i < codes.length; i++) out += String.fromCodePoint(codes[i]);
  return out;
}

function isDigit(byte: i32): bool {
  return byte >= 0x30 && byte <= 0x39;
}

function hexDigit(byte: i32): i32 {
  if (isDigit(byte)) return byte - 0x30;
  const small = byte | 0x20;
  return small >= 0x61 && small <= 0x66 ? small - 0x57 : -1;
}
