import { hashNumbers, mixBits } from "./hash.ts";
import { BUCKETS } from "./logistic.ts";

/** So much of a text is looked at, in UTF-16 units. */
export const TEXT_UNITS_MAX = 4_096;
/** Different grams of a text that become tokens; of more, always the same ones. */
const TOKENS_MAX = 128;
/** Units of a gram. */
const UNITS = 3;

/** Hashes of all grams of three units of a text, in small letters, with a space before and after it. Of a long text only of its beginning. */
export function gramsOf(text: string): readonly number[] {
  const padded = paddedOf(text);
  return Array.from({ length: padded.length - UNITS + 1 }, (_, from) => hashAt(padded, from));
}

/** The buckets of a text's grams, each once; told which gram each of them is from, where that is asked. */
export function gramTokensOf(
  text: string,
  note?: (bucket: number, gram: string) => void,
): readonly number[] {
  const padded = paddedOf(text);
  const buckets = new Map<number, number>();
  for (const [from, gram] of gramsOf(text).entries()) {
    const bucket = gram % BUCKETS;
    if (!buckets.has(bucket)) {
      buckets.set(bucket, from);
    }
  }
  const tokens = [...buckets.keys()];
  if (tokens.length > TOKENS_MAX) {
    tokens.sort((a, b) => mixBits(a) - mixBits(b)).splice(TOKENS_MAX);
  }
  for (const token of note === undefined ? [] : tokens) {
    const from = buckets.get(token) ?? 0;
    note?.(token, padded.slice(from, from + UNITS));
  }
  return tokens;
}

function paddedOf(text: string): string {
  return ` ${text.slice(0, TEXT_UNITS_MAX).toLowerCase()} `;
}

function hashAt(text: string, from: number): number {
  return hashNumbers(text.charCodeAt(from), text.charCodeAt(from + 1), text.charCodeAt(from + 2));
}
