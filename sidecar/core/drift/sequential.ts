import { assert } from "../assert.ts";
import { logMismatch } from "../evidence/assignments.ts";
import { eBenjaminiHochberg } from "../evidence/combine.ts";
import type { FeatureCounts } from "./binning.ts";
import type { Cells } from "./chiSquare.ts";
import { measureFeature, valueCells } from "./measure.ts";
import type { FeatureProfile, ReferenceProfile } from "./profile.ts";
import { sum } from "./shares.ts";
import type { WindowCounts } from "./window.ts";

/** The reference's shares are estimates: a run ends when it has this part of the rows that they were estimated from. */
const RUN_SHARE = 0.1;
/** Half a row is added to every bin of the reference, so that no share is 0 (Krichevsky and Trofimov 1981). */
const ADDED_ROWS = 0.5;
/** Categories with fewer rows in the reference are joined with the unlisted ones. */
const LISTED_MIN = 5;

/** What a run of rows says of one feature. */
export type RunFeature = {
  readonly name: string;
  /** ln of the evidence that the rows are not of the reference's distribution. */
  readonly logE: number;
  readonly drifted: boolean;
};

/** What a run says of all features, and whether it is over. */
export type RunDrift = { readonly features: readonly RunFeature[]; readonly ends: boolean };

/**
 * Judges a run, which is a window that grows until it `ends` and may be looked at after every row: features whose e-values e-BH rejects at `alpha`,
 * and whose PSI is at least `psiMin`. Of the alarms of a run at most a share `alpha` is false in the mean, at whatever row one stops and however features
 * depend, but for the reference being an estimate: so a run ends at a tenth of the reference's rows, and the next one begins with no evidence.
 */
export function assessRun(
  profile: Pick<ReferenceProfile, "features" | "sampledRows">,
  run: WindowCounts,
  { alpha, psiMin }: { readonly alpha: number; readonly psiMin: number },
): RunDrift {
  const found = profile.features.map((feature, index) => {
    const counts = run.features[index];
    assert(counts !== undefined, "a window counts every feature of its profile");
    const { psi } = measureFeature(feature, counts);
    return { name: feature.name, logE: logRunEvidence(feature, counts), psi: psi ?? 0 };
  });
  const rejected = new Set(
    eBenjaminiHochberg(
      found.map(({ logE }) => logE),
      alpha,
    ),
  );
  return {
    features: found.map(({ name, logE, psi }, index) => ({
      name,
      logE,
      drifted: rejected.has(index) && psi >= psiMin,
    })),
    ends: run.rows >= RUN_SHARE * profile.sampledRows,
  };
}

/**
 * ln of the e-process against "each row falls to the reference's bins with the reference's shares": Dirichlet-multinomial over multinomial likelihood
 * (Lindon and Malek, NeurIPS 2022) with a prior of 100 rows. For the right shares its chance of ever reaching ln(1/alpha) is at most alpha. The bins
 * are the reference's tenths, or its categories with at least five rows and one for all others, and the missing values.
 */
export function logRunEvidence(feature: FeatureProfile, counts: FeatureCounts): number {
  const { reference, current } = runCells(feature, counts);
  const total = sum(reference) + ADDED_ROWS * reference.length;
  return logMismatch(
    current,
    reference.map((count) => (count + ADDED_ROWS) / total),
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
