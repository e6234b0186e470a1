import { startsWith } from "./bytes";

/** A place in a JSON text, and the first problem met there. */
export class JsonCursor {
  /** What is wrong and at which byte, or "". */
  problem: string = "";
  readonly bytes: StaticArray<u8>;
  at: i32 = 0;

  constructor(bytes: StaticArray<u8>) {
    this.bytes = bytes;
  }

  /** Keeps the first problem. */
  fail(what: string): void {
    if (this.problem === "") this.problem = `${what} at byte ${this.at.toString()}`;
  }

  /** The byte here, or -1 at the end. */
  peek(): i32 {
    return this.at < this.bytes.length ? i32(unchecked(this.bytes[this.at])) : -1;
  }

  /** Moves past a byte if it is here. */
  take(byte: i32): bool {
    if (this.peek() !== byte) return false;
    this.at++;
    return true;
  }

  /** Moves past a word if it is here. */
  word(text: StaticArray<u8>): bool {
    if (!startsWith(this.bytes, this.at, this.bytes.length, text)) return false;
    this.at += text.length;
    return true;
  }

  skipSpace(): void {
    while (this.take(0x20) || this.take(0x0a) || this.take(0x0d) || this.take(0x09));
  }

  /** Moves past digits; how many there were. */
  digits(): i32 {
    const start = this.at;
    while (isDigit(this.peek())) this.at++;
    return this.at - start;
  }
}

/** Whether a byte is 0 to 9 in ASCII. */
export function isDigit(byte: i32): bool {
  return byte >= 0x30 && byte <= 0x39;
}
