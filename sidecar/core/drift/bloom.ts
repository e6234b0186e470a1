import { hashNumbers } from "./hash.ts";

/** Bits of a filter, and how many of them an element sets. */
const BITS = 2 ** 17;
const HASHES = 4;

/** A set of hashes that never forgets one, and takes a few others for its own (Bloom, Communications of the ACM 13, 1970): 4,096 words of 32 bits. */
export type Bloom = number[];

/** The empty set. */
export function startBloom(): Bloom {
  return new Array<number>(BITS / 32).fill(0);
}

/** Adds a hash. */
export function addToBloom(bloom: Bloom, hash: number): void {
  for (let index = 0; index < HASHES; index += 1) {
    const bit = bitOf(hash, index);
    bloom[bit >>> 5] = ((bloom[bit >>> 5] ?? 0) | (1 << (bit & 31))) >>> 0;
  }
}

/** Whether a hash was added; of others, with 10,000 added, one in 200 is taken for one, with 25,000 one in ten. */
export function inBloom(bloom: readonly number[], hash: number): boolean {
  for (let index = 0; index < HASHES; index += 1) {
    const bit = bitOf(hash, index);
    if ((((bloom[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 0) {
      return false;
    }
  }
  return true;
}

function bitOf(hash: number, index: number): number {
  return hashNumbers(hash, index) % BITS;
}
