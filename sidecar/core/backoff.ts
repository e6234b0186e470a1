/** The wait before attempt `attempt` (from 0): doubling between the bounds, of which a random half to whole is taken. */
export function backoffMs(
  attempt: number,
  bounds: { readonly minMs: number; readonly maxMs: number },
  random: () => number,
): number {
  const wholeMs = Math.min(bounds.maxMs, bounds.minMs * 2 ** Math.min(attempt, 30));
  return wholeMs * (0.5 + random() / 2);
}
