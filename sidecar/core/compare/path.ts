/** One step of a path, from a value to its children; `deep` looks at every depth below instead. */
export type Segment =
  | { readonly kind: "name"; readonly name: string; readonly deep: boolean }
  | { readonly kind: "index"; readonly index: number; readonly deep: boolean }
  | { readonly kind: "any"; readonly deep: boolean };

/** A parsed path, or what is wrong with its text. */
export type ParsedPath =
  | { readonly kind: "path"; readonly segments: readonly Segment[] }
  | { readonly kind: "problem"; readonly allowed: string };

/** Longest text of a path, in characters. */
export const PATH_LENGTH_MAX = 512;
/** Most segments of a path. */
export const PATH_SEGMENTS_MAX = 32;
const INDEX_MAX = 2 ** 32 - 2;

type Piece = { readonly segment: Segment; readonly end: number };

/**
 * Reads a JSONPath (RFC 9535) of names, whole indices from 0, wildcards and `..`: `$.a['b c'][0][*]..id`.
 * Slices, filters, unions, negative indices and blanks are refused. One pass over the text, no backtracking.
 */
export function parsePath(text: string): ParsedPath {
  if (text.length > PATH_LENGTH_MAX) {
    return problem(`a path of at most ${PATH_LENGTH_MAX} characters`);
  }
  if (!text.startsWith("$")) {
    return problem("a path that begins with $, such as $.outputs[0].data");
  }
  const segments: Segment[] = [];
  let at = 1;
  while (at < text.length) {
    const piece = parseSegment(text, at);
    if (typeof piece === "string") {
      return problem(`${piece} at character ${at + 1}`);
    }
    segments.push(piece.segment);
    at = piece.end;
  }
  if (segments.length > PATH_SEGMENTS_MAX) {
    return problem(`a path of at most ${PATH_SEGMENTS_MAX} segments`);
  }
  return { kind: "path", segments };
}

/** Whether a path selects at most one value: only names and indices, no wildcard and no `..`. */
export function isSingular(segments: readonly Segment[]): boolean {
  return segments.every((segment) => segment.kind !== "any" && !segment.deep);
}

function problem(allowed: string): ParsedPath {
  return { kind: "problem", allowed };
}

function parseSegment(text: string, at: number): Piece | string {
  if (text.startsWith("..[", at)) {
    return parseBracket(text, at + 3, true);
  }
  if (text.startsWith("..", at)) {
    return parseShorthand(text, at + 2, true);
  }
  if (text.startsWith(".", at)) {
    return parseShorthand(text, at + 1, false);
  }
  if (text.startsWith("[", at)) {
    return parseBracket(text, at + 1, false);
  }
  return "`.name`, `[0]`, `[*]`, `['name']` or `..`";
}

function parseShorthand(text: string, start: number, deep: boolean): Piece | string {
  if (text.startsWith("*", start)) {
    return { segment: { kind: "any", deep }, end: start + 1 };
  }
  let end = start;
  while (end < text.length && isNameCharacter(text.charCodeAt(end), end > start)) {
    end += 1;
  }
  if (end === start) {
    return "a name of letters, digits and _ (others as ['na-me'])";
  }
  return { segment: { kind: "name", name: text.slice(start, end), deep }, end };
}

function isNameCharacter(code: number, digits: boolean): boolean {
  const letter = (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
  return letter || code === 0x5f || code >= 0x80 || (digits && code >= 0x30 && code <= 0x39);
}

function parseBracket(text: string, start: number, deep: boolean): Piece | string {
  if (text.startsWith("*]", start)) {
    return { segment: { kind: "any", deep }, end: start + 2 };
  }
  const quote = text[start];
  if (quote === "'" || quote === '"') {
    return parseQuoted(text, start, deep);
  }
  const close = text.indexOf("]", start);
  const digits = close === -1 ? "" : text.slice(start, close);
  const index = Number(digits);
  if (!/^(0|[1-9][0-9]{0,9})$/.test(digits) || index > INDEX_MAX) {
    return "an index from 0, * or a quoted name, then ]";
  }
  return { segment: { kind: "index", index, deep }, end: close + 1 };
}

function parseQuoted(text: string, start: number, deep: boolean): Piece | string {
  const quote = text.charAt(start);
  let name = "";
  let at = start + 1;
  while (at < text.length && text[at] !== quote) {
    const unit = text[at] === "\\" ? unescaped(text, at) : { value: text.charAt(at), length: 1 };
    if (unit === undefined) {
      return "a JSON escape (and \\')";
    }
    name += unit.value;
    at += unit.length;
  }
  if (!text.startsWith(`${quote}]`, at)) {
    return `${quote}] after the name`;
  }
  return { segment: { kind: "name", name, deep }, end: at + 2 };
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["/", "/"],
  ["\\", "\\"],
  ["'", "'"],
  ['"', '"'],
]);

function unescaped(
  text: string,
  at: number,
): { readonly value: string; readonly length: number } | undefined {
  const letter = text.charAt(at + 1);
  const value = ESCAPES.get(letter);
  if (value !== undefined) {
    return { value, length: 2 };
  }
  const hex = text.slice(at + 2, at + 6);
  if (letter === "u" && /^[0-9a-fA-F]{4}$/.test(hex)) {
    return { value: String.fromCharCode(Number.parseInt(hex, 16)), length: 6 };
  }
  return undefined;
}
