import type { FeatureCounts } from "./binning.ts";
import { type CellsWithOther, type ChiSquare, chiSquare, joinRare } from "./chiSquare.ts";
import { hellinger } from "./hellinger.ts";
import { jensenShannon } from "./jensenShannon.ts";
import { ksFromCounts, ksPValue } from "./ks.ts";
import { lInfinity } from "./lInfinity.ts";
import type { FeatureProfile, NumericProfile } from "./profile.ts";
import { type PsiSizes, psi, psiPValue } from "./psi.ts";
import { sum } from "./shares.ts";
import { wassersteinFromCounts } from "./wasserstein.ts";

/**
 * What a feature's window and its reference say of each other. Bins are the reference's tenths or its categories; missing values are one more bin,
 * where either side has any. Null is what can't be said: of no rows, of no values, of categories that have no order.
 */
export type Measures = {
  /** Over the tenths; over the categories with the rare (expected less than five times) and the unlisted ones joined, as each alone would add by chance. */
  readonly psi: number | null;
  readonly psiSizes: PsiSizes;
  /** Over the bins with all rare ones joined. */
  readonly chi2: ChiSquare | null;
  /** The larger one of PSI's and chi-square's p-values; null where there are not two bins. */
  readonly binsPValue: number | null;
  /** Over the bins as they are; `js` with binary logarithms. */
  readonly js: number | null;
  readonly hellinger: number | null;
  readonly lInfinity: number | null;
  /** Of numbers, without the missing ones, at the edges of the fine bins: the exact distance is larger by at most `bound`, the p-value no smaller than its own. */
  readonly ks: Ks | null;
  /** Of numbers, in the reference's standard deviations; the exact one differs by at most `bound`. Null where the reference is a constant. */
  readonly wasserstein: { readonly distance: number; readonly bound: number } | null;
};

export type Ks = { readonly statistic: number; readonly bound: number; readonly pValue: number };

/** Everything that is measured of one feature, whose window was counted on the bins of this profile. */
export function measureFeature(feature: FeatureProfile, counts: FeatureCounts): Measures {
  const cells = cellsOf(feature, counts);
  const { psi: index, psiSizes } = featurePsi(feature, counts);
  const overCells = (distance: typeof hellinger): number | null =>
    index === null ? null : distance(cells.reference, cells.current);
  const chi2 = chiSquare(joinRare(cells));
  return {
    psi: index,
    psiSizes,
    chi2,
    binsPValue:
      index === null || chi2 === null ? null : Math.max(psiPValue(index, psiSizes), chi2.pValue),
    js: overCells(jensenShannon),
    hellinger: overCells(hellinger),
    lInfinity: overCells(lInfinity),
    ks: feature.type === "numeric" ? ksOf(feature, counts) : null,
    wasserstein: feature.type === "numeric" ? wassersteinOf(feature, counts) : null,
  };
}

/** Only the index of what is measured, and what it is over. */
export function featurePsi(
  feature: FeatureProfile,
  counts: FeatureCounts,
): Pick<Measures, "psi" | "psiSizes"> {
  const cells = cellsOf(feature, counts);
  const indexed = feature.type === "numeric" ? cells : joinRare(cells);
  const psiSizes = {
    reference: sum(cells.reference),
    current: sum(cells.current),
    bins: indexed.reference.length,
  };
  const isComparable = psiSizes.reference > 0 && psiSizes.current > 0;
  return { psi: isComparable ? psi(indexed.reference, indexed.current) : null, psiSizes };
}

/** The rows of the reference and of the window by bin: tenths or categories, and the missing ones where there are any. */
export function cellsOf(feature: FeatureProfile, counts: FeatureCounts): CellsWithOther {
  const { reference, current, other } = valueCells(feature, counts);
  const missing = feature.sampledMissing + counts.missing > 0;
  return {
    reference: missing ? [...reference, feature.sampledMissing] : reference,
    current: missing ? [...current, counts.missing] : current,
    other,
  };
}

/** The same without the missing ones. */
export function valueCells(feature: FeatureProfile, { bins }: FeatureCounts): CellsWithOther {
  return feature.type === "numeric"
    ? { reference: byTenth(feature, feature.counts), current: byTenth(feature, bins), other: null }
    : {
        reference: [...feature.categories.map(({ count }) => count), feature.other],
        current: bins,
        other: feature.categories.length,
      };
}

function byTenth({ edges, deciles }: NumericProfile, bins: readonly number[]): readonly number[] {
  const tenths = new Array<number>(deciles.length + 1).fill(0);
  let tenth = 0;
  for (const [bin, count] of bins.entries()) {
    tenths[tenth] = (tenths[tenth] ?? 0) + count;
    tenth += edges[bin] === deciles[tenth] ? 1 : 0;
  }
  return tenths;
}

function ksOf({ counts: reference }: NumericProfile, { n, bins }: FeatureCounts): Ks | null {
  const sizes = { reference: sum(reference), current: n };
  if (sizes.reference === 0 || sizes.current === 0) {
    return null;
  }
  const found = ksFromCounts(reference, bins);
  return { ...found, pValue: ksPValue(found.statistic, sizes) };
}

function wassersteinOf(feature: NumericProfile, counts: FeatureCounts): Measures["wasserstein"] {
  if (feature.std === 0 || counts.min === null || counts.max === null || feature.n === 0) {
    return null;
  }
  const { distance, bound } = wassersteinFromCounts({
    edges: feature.edges,
    min: Math.min(feature.min, counts.min),
    max: Math.max(feature.max, counts.max),
    reference: feature.counts,
    current: counts.bins,
  });
  return { distance: distance / feature.std, bound: bound / feature.std };
}
