/** What a JSON text looks like from outside, before it is parsed. */
export type Shape = {
  /** Levels of arrays and objects. */
  readonly depth: number;
  /** Brackets, commas and colons: an upper bound of the values and names, but for one. */
  readonly tokens: number;
  /** Colons, of which each object has as many as names. */
  readonly names: number;
};

/** Counts in one pass over the bytes. Of a text that is no JSON the counts mean little; the parser refuses it later. */
export function scan(bytes: Uint8Array): Shape {
  let level = 0;
  let depth = 0;
  let tokens = 0;
  let names = 0;
  for (let at = skipPlain(bytes, 0); at < bytes.length; at = skipPlain(bytes, at + 1)) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) {
      at = stringEnd(bytes, at + 1);
    } else {
      tokens += 1;
      names += Number(byte === COLON);
      level += LEVELS[byte] ?? 0;
      depth = Math.max(depth, level);
    }
  }
  return { depth, tokens, names };
}

/**
 * At least as many as the names of a JSON text: the colons that stand behind a quote or a blank. Exactly as many, unless a string holds such
 * a colon. As quick as the engine finds colons.
 */
export function namesAtMost(text: string): number {
  let names = 0;
  for (let at = text.indexOf(":"); at !== -1; at = text.indexOf(":", at + 1)) {
    const before = text.charCodeAt(at - 1);
    names += before === QUOTE || before <= SPACE ? 1 : 0;
  }
  return names;
}

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** By byte: 0 for what is inside numbers, literals and blanks. */
const KINDS = new Uint8Array(256);
for (const byte of [QUOTE, COMMA, COLON, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT]) {
  KINDS[byte] = 1;
}
/** By byte, how much deeper the next one is. */
const LEVELS = new Int8Array(256);
LEVELS[OPEN_ARRAY] = 1;
LEVELS[OPEN_OBJECT] = 1;
LEVELS[CLOSE_ARRAY] = -1;
LEVELS[CLOSE_OBJECT] = -1;

/** A tight loop of its own: numbers are most of many answers. */
function skipPlain(bytes: Uint8Array, start: number): number {
  let at = start;
  for (let byte = bytes[at]; byte !== undefined && KINDS[byte] === 0; byte = bytes[at]) {
    at += 1;
  }
  return at;
}

function stringEnd(bytes: Uint8Array, start: number): number {
  let at = start;
  for (let byte = bytes[at]; byte !== QUOTE && byte !== undefined; byte = bytes[at]) {
    at += byte === BACKSLASH ? 2 : 1;
  }
  return at;
}
