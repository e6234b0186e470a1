import type { UndecodableReason } from "./comparison.ts";
import { type Inspection, inspect } from "./inspect.ts";
import type { JsonValue } from "./jsonValue.ts";
import { namesAtMost, type Shape, scan } from "./scan.ts";

/** What a document may cost. */
export type JsonLimits = {
  /** Bytes of the text. */
  readonly bytesMax: number;
  /** Levels of arrays and objects, at most 512. */
  readonly depthMax: number;
  /** Brackets, commas and colons outside strings: an upper bound of its values and names, but for one. */
  readonly tokensMax: number;
};

/** 1 MiB, 64 levels, 50,000 tokens: comparing two documents of the costliest kind (integer-like names) takes about 50 ms. */
export const JSON_LIMITS: JsonLimits = { bytesMax: 2 ** 20, depthMax: 64, tokensMax: 50_000 };

/** A document, or why the bytes are none. */
export type ParsedJson =
  | { readonly kind: "json"; readonly value: JsonValue }
  | { readonly kind: "problem"; readonly reason: UndecodableReason };

/** Texts beyond are scanned before they are parsed; what shorter ones could cost the parser is little. */
const SCANNED_BYTES = 128 * 1024;

/**
 * Reads a document (RFC 8259). Limits are looked at before much is built. A byte order mark is skipped. Refused are invalid
 * UTF-8, a name that occurs twice in one object, and a number beyond the range of a double (1e400). A lone surrogate written as
 * an escape is kept; -0 equals 0.
 */
export function parseJson(bytes: Uint8Array, limits: JsonLimits): ParsedJson {
  if (bytes.length > limits.bytesMax) {
    return { kind: "problem", reason: "tooLarge" };
  }
  const tooMuch = bytes.length > SCANNED_BYTES ? excessIn(scan(bytes), limits) : undefined;
  if (tooMuch !== undefined) {
    return { kind: "problem", reason: tooMuch };
  }
  const text = decodeUtf8(bytes);
  if (text === undefined) {
    return { kind: "problem", reason: "invalidUtf8" };
  }
  const value = parseText(text);
  if (value === undefined) {
    return { kind: "problem", reason: "invalidJson" };
  }
  const inspection = inspect(value);
  const reason = excessIn(inspection, limits) ?? faultIn(inspection, text, bytes);
  if (reason !== undefined) {
    return { kind: "problem", reason };
  }
  return { kind: "json", value: inspection.wide ? parseWide(text) : value };
}

function excessIn({ depth, tokens }: Shape, limits: JsonLimits): UndecodableReason | undefined {
  if (depth > limits.depthMax) {
    return "tooDeep";
  }
  return tokens > limits.tokensMax ? "tooManyTokens" : undefined;
}

/** A name that occurs twice in an object is in its text once more than in the object. */
function faultIn(
  { names, finite }: Inspection,
  text: string,
  bytes: Uint8Array,
): UndecodableReason | undefined {
  if (names !== namesAtMost(text) && names !== scan(bytes).names) {
    return "duplicateKey";
  }
  return finite ? undefined : "numberRange";
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });
/** What stands in place of bytes that are no UTF-8; it may also be in a text by right. */
const REPLACEMENT = "\ufffd";
const BYTE_ORDER_MARK = "\ufeff";

/** The text of bytes in UTF-8, without a byte order mark; undefined when they are none. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  const text = utf8Of(bytes);
  if (!text.includes(REPLACEMENT)) {
    return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  }
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}

function utf8Of(bytes: Uint8Array): string {
  const buffer =
    bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer.toString();
}

function parseText(text: string): JsonValue | undefined {
  try {
    const value: JsonValue = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** Parses again, keeping whole numbers beyond 2^53 by their text. */
function parseWide(text: string): JsonValue {
  const value: JsonValue = JSON.parse(text, keepWide);
  return value;
}

function keepWide(
  _name: string,
  value: JsonValue,
  context?: { readonly source?: string },
): JsonValue {
  return typeof value === "number" &&
    !Number.isSafeInteger(value) &&
    context?.source !== undefined &&
    /^-?[0-9]+$/.test(context.source)
    ? BigInt(context.source)
    : value;
}
