import type { FeatureDrift } from "./assess.ts";

/** What drifted first, then by PSI, the greatest first. */
export function byDrift(features: readonly FeatureDrift[]): readonly FeatureDrift[] {
  return [...features].sort(
    (a, b) => Number(b.drifted) - Number(a.drifted) || (b.psi ?? -1) - (a.psi ?? -1),
  );
}
