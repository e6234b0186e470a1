import { Json, JsonKind } from "./json";

/** Most problems that are collected. */
const PROBLEMS_MAX: i32 = 50;

/** Longest piece of a bad value that is shown. */
const SHOWN_MAX: i32 = 80;

/**
 * Reads the fields of one JSON object. What is missing, of another type or out of range becomes a
 * problem of the form `field: what was given: what is allowed`, and reading goes on with the default.
 */
export class Fields {
  readonly place: string;
  readonly problems: string[];
  private readonly json: Json;
  private readonly known: string[] = [];

  constructor(json: Json, place: string, problems: string[]) {
    this.json = json;
    this.place = place;
    this.problems = problems;
    if (json.kind !== JsonKind.Fields) this.report("", describe(json), "an object");
  }

  /** The place of a field, as `rollouts[0].shadow.timeoutMs`. */
  at(key: string): string {
    if (key === "") return this.place === "" ? "configuration" : this.place;
    return this.place === "" ? key : `${this.place}.${key}`;
  }

  report(key: string, given: string, allowed: string): void {
    if (this.problems.length < PROBLEMS_MAX) {
      this.problems.push(`${this.at(key)}: ${given}: ${allowed}`);
    }
  }

  /** The field's value, or null; marks the key as known. */
  value(key: string): Json | null {
    this.known.push(key);
    return this.json.field(key);
  }

  /** The field as an object to read on; null when it is absent, a problem when it is none. */
  object(key: string): Fields | null {
    const value = this.value(key);
    return value === null ? null : new Fields(value, this.at(key), this.problems);
  }

  /** As `object`, but absence is a problem. */
  required(key: string): Fields {
    const found = this.object(key);
    if (found !== null) return found;
    this.report(key, "missing", "an object");
    const empty = new Json();
    empty.kind = JsonKind.Fields;
    return new Fields(empty, this.at(key), []);
  }

  /** The items of a list, each as an object; empty when absent. */
  objects(key: string, most: i32): Fields[] {
    const out: Fields[] = [];
    const value = this.value(key);
    if (value === null) return out;
    if (value.kind !== JsonKind.List) {
      this.report(key, describe(value), "a list");
      return out;
    }
    if (value.items.length > most) {
      this.report(key, `${value.items.length.toString()} items`, `at most ${most.toString()}`);
      return out;
    }
    for (let i = 0; i < value.items.length; i++) {
      const place = `${this.at(key)}[${i.toString()}]`;
      out.push(new Fields(value.items[i], place, this.problems));
    }
    return out;
  }

  /** A text; `fallback` when absent. */
  text(key: string, fallback: string): string {
    const value = this.value(key);
    if (value === null) return fallback;
    if (value.kind === JsonKind.Text) return value.text;
    this.report(key, describe(value), "a text");
    return fallback;
  }

  /** A text that must be there. */
  requiredText(key: string): string {
    const value = this.value(key);
    if (value !== null && value.kind === JsonKind.Text) return value.text;
    this.report(key, value === null ? "missing" : describe(value), "a text");
    return "";
  }

  /** A whole number within a range. */
  integer(key: string, least: i32, most: i32, fallback: i32): i32 {
    const value = this.value(key);
    if (value === null) return fallback;
    const number = value.number;
    const whole = value.kind === JsonKind.Number && Math.floor(number) === number;
    if (whole && number >= f64(least) && number <= f64(most)) return i32(number);
    const range = `${least.toString()} to ${most.toString()}`;
    this.report(key, describe(value), `a whole number from ${range}`);
    return fallback;
  }

  flag(key: string, fallback: bool): bool {
    const value = this.value(key);
    if (value === null) return fallback;
    if (value.kind === JsonKind.True) return true;
    if (value.kind !== JsonKind.False) this.report(key, describe(value), "true or false");
    return false;
  }

  /** Whether the object has the key. */
  has(key: string): bool {
    return this.json.keys.includes(key);
  }

  /** Refuses every key that was not read. */
  close(): void {
    for (let i = 0; i < this.json.keys.length; i++) {
      const key = this.json.keys[i];
      if (this.known.includes(key)) continue;
      this.report(shown(key), "unknown key", `one of ${this.known.join(", ")}`);
    }
  }
}

/** A value in a few words, for problems. */
export function describe(value: Json): string {
  switch (value.kind) {
    case JsonKind.Null:
      return "null";
    case JsonKind.True:
      return "true";
    case JsonKind.False:
      return "false";
    case JsonKind.Number: {
      const number = value.number;
      const whole = Math.floor(number) === number && Math.abs(number) < 1e15;
      return whole ? i64(number).toString() : number.toString();
    }
    case JsonKind.Text:
      return quoted(value.text);
    case JsonKind.List:
      return "a list";
    default:
      return "an object";
  }
}

/** A text as a problem shows it: in quotes, control characters replaced, cut. */
export function quoted(text: string): string {
  return `"${shown(text)}"`;
}

function shown(text: string): string {
  let out = "";
  for (let i = 0; i < min(text.length, SHOWN_MAX); i++) {
    const code = text.charCodeAt(i);
    out += code < 0x20 || code === 0x7f ? "?" : text.charAt(i);
  }
  return text.length > SHOWN_MAX ? `${out}...` : out;
}
