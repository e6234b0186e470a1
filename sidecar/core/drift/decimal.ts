const PLUS = 43;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const NINE = 57;
/** A number of so many digits is below 2^53, so that a double holds it exactly. */
const DIGITS_MAX = 15;
/** As doubles these are exact. */
const TENS: Float64Array = Float64Array.from({ length: DIGITS_MAX + 1 }, (_, power) => 10 ** power);
const OTHER_BASE = /^0[bxo]/i;

/** Where one is in some bytes. */
export type Place = { index: number };

/**
 * Reads the plain decimal number (an optional minus, digits, at most one point) that stands in ASCII at a place, and moves the place behind it: the
 * double nearest to it, NaN where there is no digit or more than 15 would need more care. An exact integer divided by an exact power of ten is
 * rounded once (Clinger, PLDI 1990), so this equals `Number` of the same text, and needs no text.
 */
export function readPlainDecimal(bytes: Uint8Array, at: Place): number {
  const isNegative = bytes[at.index] === MINUS;
  const start = isNegative ? at.index + 1 : at.index;
  let index = start;
  let value = 0;
  let point = -1;
  for (;;) {
    const digit = (bytes[index] ?? 0) - ZERO;
    if (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
    } else if (digit === POINT - ZERO && point < 0) {
      point = index;
    } else {
      break;
    }
    index += 1;
  }
  at.index = index;
  return scaled(isNegative ? -value : value, index - start, point < 0 ? -1 : index - point - 1);
}

/** Moves the point; `length` counts the digits and, where there are `decimals`, the point. */
function scaled(value: number, length: number, decimals: number): number {
  const digits = decimals < 0 ? length : length - 1;
  if (digits < 1 || digits > DIGITS_MAX) {
    return Number.NaN;
  }
  return decimals > 0 ? value / (TENS[decimals] ?? Number.NaN) : value;
}

/** The number that a text in decimal notation stands for, as `Number` has it; NaN for anything else, also for what `Number` takes besides. */
export function parseDecimal(text: string): number {
  const first = text.charCodeAt(0);
  if (!(first >= PLUS && first <= NINE)) {
    return Number.NaN;
  }
  const number = Number(text);
  return Number.isFinite(number) && !OTHER_BASE.test(text) ? number : Number.NaN;
}
