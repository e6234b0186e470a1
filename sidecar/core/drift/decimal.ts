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

/**
 * The double nearest to the plain decimal number (an optional minus, digits, at most one point) that stands in ASCII at `from` until
 * before `to`, where no digit stands; NaN for anything else, and where more than 15 digits would need more care. An exact integer divided by an exact power of
 * ten is rounded once (Clinger, PLDI 1990), so this equals `Number` of the same text, and needs no text.
 */
export function parsePlainDecimal(bytes: Uint8Array, from: number, to: number): number {
  const isNegative = bytes[from] === MINUS;
  const start = isNegative ? from + 1 : from;
  let value = 0;
  let point = -1;
  for (let index = start; index < to; index += 1) {
    const digit = (bytes[index] ?? 0) - ZERO;
    if (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
    } else if (digit === POINT - ZERO && point < 0) {
      point = index;
    } else {
      return Number.NaN;
    }
  }
  return scaled(isNegative ? -value : value, to - start, point < 0 ? -1 : to - point - 1);
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
