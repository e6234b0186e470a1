/** Where a value is: its key below a parent. The document itself has no parent, and its key means nothing. */
export type Place = {
  readonly parent: Place | undefined;
  readonly key: string | number;
};

/** Longest text of a path in a difference; what is longer is cut and ends in an ellipsis. */
export const PATH_TEXT_MAX = 512;

/**
 * The normalised path (RFC 9535, section 2.7) of a value: `$['a'][0]`. A lone surrogate is written `\ud800` too, so that the
 * text is always valid Unicode.
 */
export function pathText(place: Place): string {
  const known = knownOf(place);
  if (known === undefined) {
    return makeText(place);
  }
  known.text ??= makeText(place);
  return known.text;
}

/**
 * Places that were asked for before, from the document down. Answers differ in the same places again and again, and to find one here is quicker than
 * to make its text; it is also the same text then, whose hash is known.
 */
type Known = { text: string | undefined; readonly below: Map<string | number, Known> };

/** Places that are remembered, and how long a key may be; together at most about 400 kB. */
const KNOWN_MAX = 256;
const KEY_LENGTH_MAX = 64;
let root: Known = { text: undefined, below: new Map() };
let knownCount = 0;

function knownOf({ parent, key }: Place): Known | undefined {
  if (parent === undefined) {
    return root;
  }
  const above = knownOf(parent);
  const known = above?.below.get(key);
  return above === undefined || known !== undefined ? known : remember(above, key);
}

/** Forgets all when there are too many; undefined for a key that is too long. */
function remember(above: Known, key: string | number): Known | undefined {
  if (typeof key === "string" && key.length > KEY_LENGTH_MAX) {
    return undefined;
  }
  if (knownCount >= KNOWN_MAX) {
    root = { text: undefined, below: new Map() };
    knownCount = 0;
  }
  const known = { text: undefined, below: new Map<string | number, Known>() };
  above.below.set(key, known);
  knownCount += 1;
  return known;
}

function makeText(place: Place): string {
  const keys: (string | number)[] = [];
  for (let at = place; at.parent !== undefined; at = at.parent) {
    keys.push(at.key);
  }
  let text = "$";
  for (const key of keys.reverse()) {
    if (text.length > PATH_TEXT_MAX) {
      break;
    }
    text += typeof key === "number" ? `[${key}]` : `['${escapeName(key.slice(0, PATH_TEXT_MAX))}']`;
  }
  return cut(text);
}

const SHORT: ReadonlyMap<string, string> = new Map([
  ["\b", "\\b"],
  ["\t", "\\t"],
  ["\n", "\\n"],
  ["\f", "\\f"],
  ["\r", "\\r"],
  ["'", "\\'"],
  ["\\", "\\\\"],
]);

/** Printable ASCII but for the quote and the backslash, which is nearly every name. */
const PLAIN_NAME = /^[ -&(-[\]-~]*$/;

function escapeName(name: string): string {
  if (PLAIN_NAME.test(name)) {
    return name;
  }
  let text = "";
  for (const character of name) {
    text += escapeCharacter(character);
  }
  return text;
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const short = SHORT.get(character);
  if (short !== undefined) {
    return short;
  }
  const loneSurrogate = code >= 0xd800 && code <= 0xdfff;
  return code < 0x20 || loneSurrogate ? `\\u${code.toString(16).padStart(4, "0")}` : character;
}

function cut(text: string): string {
  return text.length > PATH_TEXT_MAX
    ? `${text.slice(0, PATH_TEXT_MAX - 1).replace(/[\ud800-\udbff]$/, "")}…`
    : text;
}
