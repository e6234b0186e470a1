import { assert } from "../assert.ts";
import { logDirichletMultinomial } from "../dirichlet.ts";
import { eBenjaminiHochberg } from "../evidence/combine.ts";
import { type DriftSettings, thresholdsOf } from "./assess.ts";
import type { FeatureCounts } from "./binning.ts";
import type { Cells } from "./chiSquare.ts";
import { featurePsi, valueCells } from "./measure.ts";
import type { FeatureProfile, ReferenceProfile } from "./profile.ts";
import { alarmReason } from "./reasons.ts";
import { sum } from "./shares.ts";
import type { WindowCounts } from "./window.ts";

/** What has changed is imagined as shares around the reference's, as unsure as after so many rows: for large changes less is better, for small ones more. */
const PRIOR_ROWS = 30;
/** Half a row is added to every bin of the reference, so that no share is 0 (Krichevsky and Trofimov 1981). */
const ADDED_ROWS = 0.5;
/** Categories with fewer rows in the reference are joined with the unlisted ones. */
const LISTED_MIN = 5;

/** A feature of which a run says that it has drifted, and why. */
export type RunAlarm = { readonly name: string; readonly reason: string };

/**
 * Judges a run, which is a window that grows and may be looked at after every row: features whose e-values e-BH rejects at `alpha`, and whose PSI reaches
 * its threshold. Of the alarms of a run at most a share `alpha` is false in the mean, at whatever row one stops and however features depend; `alpha`
 * may grow with the run as long as the rows have no say in it. What a run without drift exceeds is its last `alpha`.
 */
export function assessRun(
  profile: Pick<ReferenceProfile, "features">,
  run: WindowCounts,
  { alpha, thresholds }: { readonly alpha: number } & Pick<DriftSettings, "thresholds">,
): readonly RunAlarm[] {
  const known = profile.features.map((feature, index) => {
    const counts = run.features[index];
    assert(counts !== undefined, "a window counts every feature of its profile");
    return { feature, counts, logE: logRunEvidence(feature, counts) };
  });
  const rejected = eBenjaminiHochberg(
    known.map(({ logE }) => logE),
    alpha,
  );
  return rejected.flatMap((index) => {
    const found = known[index];
    assert(found !== undefined, "what is rejected is one of the features");
    const { feature, counts, logE } = found;
    const { psi } = featurePsi(feature, counts);
    const threshold = thresholdsOf(feature, thresholds).psi;
    const matters = psi !== null && threshold !== null && psi >= threshold;
    const told = { effect: psi ?? 0, threshold: threshold ?? 0, rows: run.rows };
    return matters
      ? [{ name: feature.name, reason: alarmReason("psi", { ...told, pValue: Math.exp(-logE) }) }]
      : [];
  });
}

/**
 * ln of the e-process against "the run's rows fall to the bins as the reference's did", whatever the shares are: the chance of the run under shares
 * around the reference's that are as unsure as after 30 rows, over its chance under what the reference leaves unsure of them (both
 * Dirichlet-multinomial; after Lindon and Malek, NeurIPS 2022, who take the shares for known). The shares between order statistics of a continuous
 * feature are Dirichlet distributed with just these weights (Wilks 1941), so over references and runs its mean is 1 at any row; of categories in the
 * mean over Jeffreys' prior. It reaches ln(1 / alpha) at any row with chance alpha at most. The bins are the reference's tenths, or its categories with
 * at least five rows and one for all others, and the missing values.
 */
export function logRunEvidence(feature: FeatureProfile, counts: FeatureCounts): number {
  const { reference, current } = runCells(feature, counts);
  const weights = reference.map((count) => count + ADDED_ROWS);
  const total = sum(weights);
  return (
    logDirichletMultinomial(
      current,
      weights.map((weight) => (PRIOR_ROWS * weight) / total),
    ) - logDirichletMultinomial(current, weights)
  );
}

/** Rows by bins that are chosen without a look at the run. */
function runCells(feature: FeatureProfile, counts: FeatureCounts): Cells {
  const { reference, current, other } = valueCells(feature, counts);
  const isListed = reference.map(
    (count, cell) => other === null || (cell !== other && count >= LISTED_MIN),
  );
  const cells = (rows: readonly number[], missing: number): readonly number[] => [
    ...rows.filter((_, cell) => isListed[cell] === true),
    ...(other === null ? [] : [sum(rows.filter((_, cell) => isListed[cell] === false))]),
    missing,
  ];
  return {
    reference: cells(reference, feature.sampledMissing),
    current: cells(current, counts.missing),
  };
}
