import { utf8 } from "./bytes";
import { isDigit, JsonCursor } from "./jsonCursor";
import { readNumber, readText } from "./jsonScalar";

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
  private readonly cursor: JsonCursor;
  private values: i32 = 0;

  constructor(bytes: StaticArray<u8>) {
    this.cursor = new JsonCursor(bytes);
  }

  get problem(): string {
    return this.cursor.problem;
  }

  parse(): Json {
    const value = this.value(0);
    this.cursor.skipSpace();
    if (this.cursor.peek() >= 0) this.cursor.fail("unexpected text after the value");
    return value;
  }

  private value(depth: i32): Json {
    const out = new Json();
    const cursor = this.cursor;
    cursor.skipSpace();
    if (++this.values > VALUES_MAX) cursor.fail(`more than ${VALUES_MAX.toString()} values`);
    if (depth > DEPTH_MAX) cursor.fail(`nested deeper than ${DEPTH_MAX.toString()}`);
    if (cursor.problem !== "") return out;
    if (cursor.take(0x7b)) this.fields(out, depth);
    else if (cursor.take(0x5b)) this.list(out, depth);
    else this.scalar(out);
    return out;
  }

  private scalar(out: Json): void {
    const cursor = this.cursor;
    const byte = cursor.peek();
    if (byte === 0x22) {
      out.kind = JsonKind.Text;
      out.text = readText(cursor);
    } else if (byte === 0x2d || isDigit(byte)) {
      out.kind = JsonKind.Number;
      out.number = readNumber(cursor);
    } else if (cursor.word(TRUE)) out.kind = JsonKind.True;
    else if (cursor.word(FALSE)) out.kind = JsonKind.False;
    else if (!cursor.word(NULL)) cursor.fail(byte < 0 ? "unexpected end" : "unexpected character");
  }

  private fields(out: Json, depth: i32): void {
    out.kind = JsonKind.Fields;
    const cursor = this.cursor;
    cursor.skipSpace();
    if (cursor.take(0x7d)) return;
    while (cursor.problem === "") {
      cursor.skipSpace();
      if (cursor.peek() !== 0x22) cursor.fail("expected a key");
      const key = cursor.problem === "" ? readText(cursor) : "";
      if (out.keys.includes(key)) cursor.fail(`key ${key.substring(0, 40)} twice`);
      cursor.skipSpace();
      if (!cursor.take(0x3a)) cursor.fail("expected a colon");
      out.keys.push(key);
      out.items.push(this.value(depth + 1));
      if (!this.more(0x7d)) return;
    }
  }

  private list(out: Json, depth: i32): void {
    out.kind = JsonKind.List;
    this.cursor.skipSpace();
    if (this.cursor.take(0x5d)) return;
    while (this.cursor.problem === "") {
      out.items.push(this.value(depth + 1));
      if (!this.more(0x5d)) return;
    }
  }

  /** After an item: true when another follows, false after the closing bracket or a problem. */
  private more(close: i32): bool {
    this.cursor.skipSpace();
    if (this.cursor.take(0x2c)) return true;
    if (!this.cursor.take(close)) this.cursor.fail("expected a comma or the end");
    return false;
  }
}
