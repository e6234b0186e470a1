import { type Effects, effectsOf } from "./autoThreshold.ts";
import { rejectionLevel } from "./benjaminiHochberg.ts";
import type { FeatureCounts } from "./binning.ts";
import type { ChiSquare } from "./chiSquare.ts";
import { type Measures, measureFeature } from "./measure.ts";
import type { FeatureProfile, ReferenceProfile } from "./profile.ts";
import { psiCritical } from "./psi.ts";
import { alarmReason, featureReasons, unseenReasons } from "./reasons.ts";
import type { WindowCounts } from "./window.ts";

/** When drift is called so. */
export type DriftSettings = {
  /** From which effect on a change matters; null for one that is only reported. "auto": what the reference's own chunks hardly exceed, where the profile says so. */
  readonly thresholds: Effects | "auto";
  /** One check of a dataset in so many raises a false alarm where nothing changes, whatever its number of features; above 1. */
  readonly falseAlarmEvery: number;
  /** Smaller windows are measured, not judged. */
  readonly rowsMin: number;
  /** Jensen-Shannon's and Wasserstein's thresholds need so many rows: small windows exceed them by chance. */
  readonly distanceRowsMin: number;
  /** The share of features from which the dataset has drifted. */
  readonly datasetShare: number;
};

/** Where PSI and the KS distance have the same threshold, and the others none. */
export function thresholdsAt(effect: number): Effects {
  return { psi: effect, ks: effect, js: null, wasserstein: null };
}

const PLAIN: Effects = thresholdsAt(0.1);

/** A PSI of 0.1 and a KS distance of 0.1 matter, one false alarm in 1,000 checks. */
export const DRIFT: DriftSettings = {
  thresholds: PLAIN,
  falseAlarmEvery: 1_000,
  rowsMin: 50,
  distanceRowsMin: 500,
  datasetShare: 0.5,
};

/** What is known and said of one feature of a window. Null is what can't be said. */
export type FeatureDrift = {
  readonly name: string;
  readonly type: FeatureProfile["type"];
  /** Usable values, and rows without one. */
  readonly n: number;
  readonly missing: number;
  readonly psi: number | null;
  /** What PSI exceeds by chance, at the level that this check held the feature to. */
  readonly psiCritical: number | null;
  /** The distance lies between `statistic` and `statistic + bound`. */
  readonly ks: Measures["ks"];
  readonly js: number | null;
  /** In standard deviations of the reference, and how far that can be off. */
  readonly wasserstein: number | null;
  readonly wassersteinBound: number | null;
  readonly chi2: ChiSquare | null;
  readonly hellinger: number | null;
  readonly lInfinity: number | null;
  /** Chance of what the tests found though nothing changed, before the correction for many features. */
  readonly pValue: number | null;
  readonly drifted: boolean;
  /** In plain words: why it drifted, what is odd, or why it was not judged. */
  readonly reasons: readonly string[];
};

/** What is said of a window. */
export type Drift = {
  readonly features: readonly FeatureDrift[];
  readonly dataset: {
    /** Of the profile's features, how many drifted. */
    readonly share: number;
    readonly drifted: boolean;
    readonly reasons: readonly string[];
  };
};

type Measured = {
  readonly feature: FeatureProfile;
  readonly counts: FeatureCounts;
  readonly measures: Measures;
  readonly pValue: number | null;
};

/**
 * Judges a window against its reference. A feature drifted when an effect reaches its threshold *and* its test, at the level that Benjamini and
 * Hochberg leave for many features, says that chance does not explain it: PSI on the bins (its own approximate law and chi-square must agree), KS on numbers.
 * The first alone would call small windows drifted, the second large ones. Where nothing changes, the chance of any alarm in one check is at most
 * 1 / falseAlarmEvery, for independent or positively dependent features.
 */
export function assessDataset(
  profile: Pick<ReferenceProfile, "features">,
  window: WindowCounts,
  settings: DriftSettings = DRIFT,
): Drift {
  const measured = profile.features.flatMap((feature, index) => {
    const counts = window.features[index];
    return counts === undefined ? [] : [measure(feature, counts)];
  });
  const judged = measured.flatMap((one) => (isJudged(one, settings) ? [one.pValue ?? 1] : []));
  const level = rejectionLevel(judged, 1 / settings.falseAlarmEvery);
  const features = measured.map((one) => judge(one, level, settings));
  const share = features.filter(({ drifted }) => drifted).length / Math.max(1, features.length);
  return {
    features,
    dataset: {
      share,
      drifted: features.length > 0 && share >= settings.datasetShare,
      reasons: unseenReasons(window.unseen),
    },
  };
}

function measure(feature: FeatureProfile, counts: FeatureCounts): Measured {
  const measures = measureFeature(feature, counts);
  const { binsPValue, ks } = measures;
  const tests = [binsPValue ?? [], ks?.pValue ?? []].flat();
  const pValue = tests.length === 0 ? null : Math.min(1, tests.length * Math.min(...tests));
  return { feature, counts, measures, pValue };
}

function isJudged({ measures, pValue }: Measured, { rowsMin }: DriftSettings): boolean {
  return pValue !== null && measures.psiSizes.reference > 0 && measures.psiSizes.current >= rowsMin;
}

function judge(measured: Measured, level: number, settings: DriftSettings): FeatureDrift {
  const { feature, counts, measures, pValue } = measured;
  const { psi, psiSizes, wasserstein } = measures;
  const judged = isJudged(measured, settings);
  const alarms = judged ? alarmsOf(measured, level, settings) : [];
  return {
    name: feature.name,
    type: feature.type,
    n: counts.n,
    missing: counts.missing,
    psi,
    psiCritical:
      psi === null || psiSizes.bins < 2 ? null : psiCritical(psiSizes, perTest(measures, level)),
    ks: measures.ks,
    js: measures.js,
    wasserstein: wasserstein?.distance ?? null,
    wassersteinBound: wasserstein?.bound ?? null,
    chi2: measures.chi2,
    hellinger: measures.hellinger,
    lInfinity: measures.lInfinity,
    pValue,
    drifted: alarms.length > 0,
    reasons: [
      ...alarms,
      ...featureReasons(feature, counts, judged ? null : settings.rowsMin),
      ...withoutAuto(feature, settings),
    ],
  };
}

/** Two tests share a feature's level. */
function perTest({ binsPValue, ks }: Measures, level: number): number {
  return binsPValue !== null && ks !== null ? level / 2 : level;
}

/** The effects that reach their thresholds and that chance does not explain, in words. */
function alarmsOf(
  { feature, measures }: Measured,
  level: number,
  settings: DriftSettings,
): readonly string[] {
  const thresholds = thresholdsOf(feature, settings.thresholds);
  const effects = effectsOf(measures);
  const rows = measures.psiSizes.current;
  const names = ["psi", "ks", "js", "wasserstein"] as const;
  return names.flatMap((name) => {
    const [effect, threshold] = [effects[name], thresholds[name]];
    const plain = name === "js" || name === "wasserstein";
    const pValue = name === "psi" || name === "js" ? measures.binsPValue : measures.ks?.pValue;
    const found =
      effect !== null &&
      threshold !== null &&
      effect >= threshold &&
      (pValue ?? 1) <= perTest(measures, level) &&
      (!plain || rows >= settings.distanceRowsMin);
    return found ? [alarmReason(name, { effect, threshold, rows, pValue: pValue ?? 1 })] : [];
  });
}

/** From which effects on a feature's change matters. The plain thresholds stand in for automatic ones that could not be found. */
export function thresholdsOf(
  { autoThresholds }: FeatureProfile,
  thresholds: DriftSettings["thresholds"],
): Effects {
  return thresholds === "auto"
    ? {
        psi: autoThresholds?.psi ?? PLAIN.psi,
        ks: autoThresholds?.ks ?? PLAIN.ks,
        js: autoThresholds?.js ?? PLAIN.js,
        wasserstein: autoThresholds?.wasserstein ?? PLAIN.wasserstein,
      }
    : thresholds;
}

function withoutAuto(
  { autoThresholds }: FeatureProfile,
  { thresholds }: DriftSettings,
): readonly string[] {
  return thresholds === "auto" && typeof autoThresholds?.psi !== "number"
    ? [`no automatic threshold in the profile: ${PLAIN.psi} holds`]
    : [];
}
