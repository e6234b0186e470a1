import { utf8 } from "./bytes";
import { Variant } from "./split";

/** A secret that lets a test choose its variant. */
export class Override {
  readonly secret: StaticArray<u8>;
  readonly variant: Variant;

  constructor(secret: string, variant: Variant) {
    this.secret = utf8(secret);
    this.variant = variant;
  }
}

/**
 * The variant whose secret was given, or 0. Takes a time that depends on the lengths alone; several
 * secrets may be in force, so that they can be replaced one after the other.
 */
export function overrideOf(
  overrides: Override[],
  bytes: StaticArray<u8>,
  start: i32,
  end: i32,
): i32 {
  let chosen: i32 = 0;
  for (let k = 0; k < overrides.length; k++) {
    const candidate = unchecked(overrides[k]);
    const equal = equalsInConstantTime(candidate.secret, bytes, start, end);
    if (equal && chosen === 0) chosen = candidate.variant;
  }
  return chosen;
}

function equalsInConstantTime(
  secret: StaticArray<u8>,
  bytes: StaticArray<u8>,
  start: i32,
  end: i32,
): bool {
  if (end - start !== secret.length) return false;
  let difference: u8 = 0;
  for (let i = 0; i < secret.length; i++) {
    difference |= unchecked(secret[i]) ^ unchecked(bytes[start + i]);
  }
  return difference === 0;
}
