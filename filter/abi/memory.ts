/** Most bytes the host may hand over in one call; more is refused, and the host call fails. */
export const LANDING_BYTES_MAX: i32 = 1024 * 1024;

let landing: StaticArray<u8> = new StaticArray<u8>(64 * 1024);

/**
 * Where the host puts the bytes it returns. Every host function returns at most one buffer, which
 * is read or copied before the next host call, so one area serves all: nothing to free, nothing to
 * leak. Returns 0, which the host takes as a failure, above `LANDING_BYTES_MAX`.
 */
export function malloc(size: usize): usize {
  if (size > usize(LANDING_BYTES_MAX)) return 0;
  if (i32(size) > landing.length) {
    let capacity = landing.length;
    while (capacity < i32(size)) capacity <<= 1;
    landing = new StaticArray<u8>(capacity);
  }
  return changetype<usize>(landing);
}

/** The bytes the host returned last; good until the next host call that returns bytes. */
export function landed(): StaticArray<u8> {
  return landing;
}

/** Address of the first byte of an array. */
export function addressOf(bytes: StaticArray<u8>): usize {
  return changetype<usize>(bytes);
}
