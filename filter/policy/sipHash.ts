/**
 * SipHash-2-4 of `bytes[start, end)` under a 128-bit key (Aumasson and Bernstein, 2012). Keyed, so
 * that who lacks the key can't look for inputs with a wanted hash.
 */
export function sipHash(k0: u64, k1: u64, bytes: StaticArray<u8>, start: i32, end: i32): u64 {
  v0 = k0 ^ 0x736f6d6570736575;
  v1 = k1 ^ 0x646f72616e646f6d;
  v2 = k0 ^ 0x6c7967656e657261;
  v3 = k1 ^ 0x7465646279746573;
  let at = start;
  for (; end - at >= 8; at += 8) absorb(load<u64>(changetype<usize>(bytes) + usize(at)));
  absorb(lastWord(bytes, at, end - at) | (u64(end - start) << 56));
  v2 ^= 0xff;
  round();
  round();
  round();
  round();
  return v0 ^ v1 ^ v2 ^ v3;
}

let v0: u64 = 0;
let v1: u64 = 0;
let v2: u64 = 0;
let v3: u64 = 0;

function absorb(m: u64): void {
  v3 ^= m;
  round();
  round();
  v0 ^= m;
}

function round(): void {
  v0 += v1;
  v1 = rotl<u64>(v1, 13) ^ v0;
  v0 = rotl<u64>(v0, 32);
  v2 += v3;
  v3 = rotl<u64>(v3, 16) ^ v2;
  v0 += v3;
  v3 = rotl<u64>(v3, 21) ^ v0;
  v2 += v1;
  v1 = rotl<u64>(v1, 17) ^ v2;
  v2 = rotl<u64>(v2, 32);
}

/** Fewer than eight bytes as a little-endian word. */
function lastWord(bytes: StaticArray<u8>, at: i32, count: i32): u64 {
  let out: u64 = 0;
  for (let i = 0; i < count; i++) out |= u64(unchecked(bytes[at + i])) << (u64(i) << 3);
  return out;
}
