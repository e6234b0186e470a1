import type { UndecodableReason } from "./comparison.ts";
import { inspect } from "./inspect.ts";
import type { JsonValue } from "./jsonValue.ts";
import { GLANCE_BYTES, type Glance, glance, type Shape, scan } from "./scan.ts";

/** What a document may cost. */
export type JsonLimits = {
  /** Bytes of the text. */
  readonly bytesMax: number;
  /** Levels of arrays and objects. */
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

/**
 * Reads a document (RFC 8259). Limits are looked at before anything is built. A byte order mark is skipped. Refused are invalid
 * UTF-8, a name that occurs twice in one object, and a number beyond the range of a double (1e400). A lone surrogate written as
 * an escape is kept; -0 equals 0.
 */
export function parseJson(bytes: Uint8Array, limits: JsonLimits): ParsedJson {
  if (bytes.length > limits.bytesMax) {
    return { kind: "problem", reason: "tooLarge" };
  }
  const seen = glance(bytes);
  const shape = isWithin(seen, limits) ? undefined : scan(bytes);
  if (shape !== undefined) {
    if (shape.depth > limits.depthMax) {
      return { kind: "problem", reason: "tooDeep" };
    }
    if (shape.tokens > limits.tokensMax) {
      return { kind: "problem", reason: "tooManyTokens" };
    }
  }
  const text = seen?.isAscii ? asciiText(bytes) : decodeUtf8(bytes);
  if (text === undefined) {
    return { kind: "problem", reason: "invalidUtf8" };
  }
  const value = parseText(text);
  return value === undefined
    ? { kind: "problem", reason: "invalidJson" }
    : inspected(value, { seen, shape, bytes, text });
}

function inspected(
  value: JsonValue,
  of: {
    readonly seen: Glance | undefined;
    readonly shape: Shape | undefined;
    readonly bytes: Uint8Array;
    readonly text: string;
  },
): ParsedJson {
  const inspection = inspect(value);
  // As many names as colons anywhere: none occurs twice. Else colons within strings must be told apart.
  if (
    inspection.names !== of.seen?.colons &&
    inspection.names !== (of.shape ?? scan(of.bytes)).names
  ) {
    return { kind: "problem", reason: "duplicateKey" };
  }
  if (!inspection.finite) {
    return { kind: "problem", reason: "numberRange" };
  }
  return { kind: "json", value: inspection.wide ? parseWide(of.text) : value };
}

function isWithin(seen: Glance | undefined, limits: JsonLimits): boolean {
  return seen !== undefined && seen.opens <= limits.depthMax && GLANCE_BYTES <= limits.tokensMax;
}

function asciiText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** The text of bytes in UTF-8, without a byte order mark; undefined when they are none. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
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
