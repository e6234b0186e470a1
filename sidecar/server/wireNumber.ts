/** A 64-bit number as protobufjs decodes it. */
export type WireNumber = number | { toNumber(): number };

/** The number, or NaN when it is above 2^53 - 1 and so has lost digits. */
export function toNumber(value: WireNumber): number {
  const number = typeof value === "number" ? value : value.toNumber();
  return Number.isSafeInteger(number) ? number : Number.NaN;
}
