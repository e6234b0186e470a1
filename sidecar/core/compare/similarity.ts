/** Steps of 32 cells that finding out similarities may take in one pair of answers; about 20 ms. */
export const SIMILARITY_WORK_MAX = 2_000_000;

/** What is left of the work; shared by all texts of a pair. */
export type SimilarityWork = { left: number };

const WORD_BITS = 32;

/**
 * Whether two texts are at least so similar: 1 - d / n, where d is their edit distance (Levenshtein: fewest insertions, deletions and
 * replacements of one UTF-16 code unit) and n the length of the longer; 1 for two empty texts. Beginnings and ends that are the same are
 * left out first. Where the work would exceed what is left, the distance of what remains is taken to be the longest possible: that may
 * overstate a difference, and never hides one.
 */
export function isSimilar(
  texts: { readonly a: string; readonly b: string },
  similarity: number,
  work: SimilarityWork,
): boolean {
  const { a, b } = texts;
  const longest = Math.max(a.length, b.length);
  const distanceMax = (1 - similarity) * longest + ROUNDING;
  if (a === b || Math.abs(a.length - b.length) > distanceMax) {
    return a === b;
  }
  const begin = commonBegin(a, b);
  const end = commonEnd(a, b, begin);
  const left = a.slice(begin, a.length - end);
  const right = b.slice(begin, b.length - end);
  if (Math.max(left.length, right.length) <= distanceMax) {
    return true;
  }
  const [shorter, longer] = left.length < right.length ? [left, right] : [right, left];
  const cost = Math.ceil(shorter.length / WORD_BITS) * longer.length;
  if (cost > work.left) {
    return false;
  }
  work.left -= cost;
  return editDistance(shorter, longer) <= distanceMax;
}

/** So that 0.9 of ten letters lets one differ, though 1 - 0.9 is a little less than 0.1 in floating point. */
const ROUNDING = 1e-9;

function commonBegin(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  let at = 0;
  while (at < length && a.charCodeAt(at) === b.charCodeAt(at)) {
    at += 1;
  }
  return at;
}

function commonEnd(a: string, b: string, begin: number): number {
  const length = Math.min(a.length, b.length) - begin;
  let count = 0;
  while (
    count < length &&
    a.charCodeAt(a.length - 1 - count) === b.charCodeAt(b.length - 1 - count)
  ) {
    count += 1;
  }
  return count;
}

/**
 * The edit distance, 32 cells of a column at a time: Myers, "A fast bit-vector algorithm for approximate string matching based on dynamic
 * programming", Journal of the ACM 46(3), 1999, with the blocks of Hyyro (2003). Takes ceil(|a| / 32) * |b| steps; memory grows with the
 * square of `a`, so give the shorter one first.
 */
export function editDistance(a: string, b: string): number {
  if (a.length === 0 || b.length === 0) {
    return Math.max(a.length, b.length);
  }
  const blocks = Math.ceil(a.length / WORD_BITS);
  const column: Column = {
    places: placesOf(a, blocks),
    none: new Int32Array(blocks),
    plus: new Int32Array(blocks).fill(-1),
    minus: new Int32Array(blocks),
    lastBit: (a.length - 1) % WORD_BITS,
  };
  let distance = a.length;
  for (let at = 0; at < b.length; at += 1) {
    distance += advance(column, b.charCodeAt(at));
  }
  return distance;
}

type Column = {
  /** Where each code unit stands in `a`, as bits. */
  readonly places: ReadonlyMap<number, Int32Array>;
  readonly none: Int32Array;
  /** Cells that are one more, and one less, than the cell above. */
  readonly plus: Int32Array;
  readonly minus: Int32Array;
  /** Place of the last cell in the last block. */
  readonly lastBit: number;
};

function placesOf(a: string, blocks: number): ReadonlyMap<number, Int32Array> {
  const places = new Map<number, Int32Array>();
  for (let at = 0; at < a.length; at += 1) {
    const unit = a.charCodeAt(at);
    let bits = places.get(unit);
    if (bits === undefined) {
      bits = new Int32Array(blocks);
      places.set(unit, bits);
    }
    const block = Math.floor(at / WORD_BITS);
    bits[block] = (bits[block] ?? 0) | (1 << (at % WORD_BITS));
  }
  return places;
}

/** Moves to the next column; returns by how much its last cell differs from the one before. */
function advance(column: Column, unit: number): number {
  const { plus, minus } = column;
  const equal = column.places.get(unit) ?? column.none;
  const lastBlock = plus.length - 1;
  // What the cell above a block differs by from the one before: the first row counts up.
  let more = 1;
  let less = 0;
  for (let block = 0; block <= lastBlock; block += 1) {
    const up = plus[block] ?? 0;
    const down = minus[block] ?? 0;
    const same = equal[block] ?? 0;
    const matches = same | less;
    const horizontal = ((((matches & up) + up) | 0) ^ up) | matches;
    const right = down | ~(horizontal | up);
    const left = up & horizontal;
    const vertical = same | down;
    const shiftedRight = (right << 1) | more;
    plus[block] = (left << 1) | less | ~(vertical | shiftedRight);
    minus[block] = shiftedRight & vertical;
    const end = block === lastBlock ? column.lastBit : WORD_BITS - 1;
    more = (right >>> end) & 1;
    less = (left >>> end) & 1;
  }
  return more - less;
}
