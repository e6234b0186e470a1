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
