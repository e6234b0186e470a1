import { utf8 } from "./bytes";
import { sipHash } from "./sipHash";

/** Everything, in basis points. */
export const ALL_BP: u32 = 10_000;

/** Most bytes of a sticky key that are looked at; what follows does not change the bucket. */
export const KEY_BYTES_MAX: i32 = 1024;

/** One of the two versions of a rollout; the numbers are those of the contract. */
export enum Variant {
  Primary = 1,
  Candidate = 2,
}

/** The variant that does not answer the user. */
export function otherVariant(variant: Variant): Variant {
  return variant === Variant.Primary ? Variant.Candidate : Variant.Primary;
}

/** A rollout's secret as the two halves of a SipHash key. */
export class SplitKey {
  k0: u64;
  k1: u64;

  constructor(salt: string) {
    const bytes = utf8(salt);
    this.k0 = sipHash(0, 0, bytes, 0, bytes.length);
    this.k1 = sipHash(0, 1, bytes, 0, bytes.length);
  }

  /** The hash that decides for a user: bucket and subject both come from it. */
  hash(bytes: StaticArray<u8>, start: i32, end: i32): u64 {
    const cut = end - start > KEY_BYTES_MAX ? start + KEY_BYTES_MAX : end;
    return sipHash(this.k0, this.k1, bytes, start, cut);
  }
}

/** Where a user stands from 0 to 9,999; the same in every Envoy, worker and restart. */
export function bucketOf(hash: u64): u32 {
  return u32(hash % u64(ALL_BP));
}

/** Law: a bucket on the candidate stays there at every greater weight. */
export function variantOf(bucket: u32, candidateBp: u32): Variant {
  return bucket < candidateBp ? Variant.Candidate : Variant.Primary;
}
