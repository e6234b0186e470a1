/** Spreads the bits of an integer over 32 bits, in [0, 2^32): the finaliser of MurmurHash3 (Appleby, public domain). */
export function mixBits(value: number): number {
  let mixed = value | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** One hash, in [0, 2^32), of several 32-bit integers in their order. Not secret: who chooses the values can make two of them collide. */
export function hashNumbers(...values: readonly number[]): number {
  let hash = values.length;
  for (const value of values) {
    hash = mixBits(Math.imul(hash, 31) + value);
  }
  return hash >>> 0;
}
