import { finish, type Work } from "../work.ts";
import { type Separation, separation } from "./domainClassifier.ts";
import {
  addFeatures,
  featuresOf,
  type Kernel,
  type KernelSums,
  kernelOf,
  meanOf,
  mmdSquared,
  type Projection,
  projectionOf,
  squaredDistance,
  startSums,
} from "./kernelMean.ts";
import type { Tokens } from "./logistic.ts";
import { type MeanSpread, meanDistancePValue, meanSpreadOf } from "./meanSpread.ts";
import type { FeatureProfile } from "./profile.ts";
import { codingsOf, type FeatureCoding, pointOf, type RowCodes } from "./rowCodes.ts";
import { type RowSample, sampledRows, startSample } from "./rowSample.ts";
import { type Pair, pairsOf, tokensOf } from "./rowTokens.ts";
import { type Telling, tellingRows } from "./telling.ts";

/** Rows of a sample, and codes of all rows of a window's together, that are kept at most. */
const SAMPLE_ROWS_MAX = 2_000;
const SAMPLE_CODES_MAX = 200_000;
/** Codes that a profile has at most, so that it fits into a plan; but rows at least. */
const PROFILE_CODES_MAX = 12_000;
const PROFILE_ROWS_MIN = 100;
/** Rows that are seen in one piece of work, and about what a token and a row's place in the kernel's space take. */
const PIECE_ROWS = 100;
const TOKEN_US = 0.2;
const PLACE_US = 15;
/** Rows of the reference whose mean in the kernel's space is kept. */
const KERNEL_ROWS_MAX = 4_096;
/** Below so many rows, of the reference or of a window, nothing is said. */
export const MULTIVARIATE_ROWS_MIN = 50;

/** What of the reference is needed to see all features together. Plain JSON; of rows, only the bins of their values. */
export type MultivariateProfile = {
  readonly seed: number;
  readonly kernel: Kernel;
  /** Of the reference's rows, in the kernel's space. */
  readonly sums: KernelSums;
  readonly spread: MeanSpread;
  readonly sample: readonly RowCodes[];
};

/** Rows of a window that stand for all of it. */
export type MultivariateWindow = RowSample<RowCodes>;

/** A profile made ready for windows. */
export type Multivariate = {
  readonly profile: MultivariateProfile;
  readonly codings: readonly FeatureCoding[];
  readonly pairs: readonly Pair[];
  readonly projection: Projection;
  readonly sample: readonly Tokens[];
};

/** From which effect on a difference counts, and the chance of an alarm where there is none. */
export type MultivariateSettings = {
  readonly auc: number;
  readonly mmdSquared: number;
  readonly alpha: number;
};

/** An area under the curve and a squared discrepancy that are worth an alarm; one false alarm in a thousand windows. */
export const MULTIVARIATE_DEFAULTS: MultivariateSettings = {
  auc: 0.55,
  mmdSquared: 0.001,
  alpha: 0.001,
};

/** What a window's rows say about all features together. */
export type MultivariateDrift = {
  /** Rows looked at. */
  readonly n: number;
  readonly classifier: Pick<Separation, "auc" | "pValue">;
  readonly mmd: { readonly squared: number; readonly pValue: number };
  readonly drifted: boolean;
  readonly reasons: readonly string[];
  /** What tells the window from the reference, strongest first. */
  readonly telling: readonly Telling[];
};

/** How many rows of so many features the sample of a window may hold. */
export function sampleRowsMax(features: number): number {
  return Math.min(SAMPLE_ROWS_MAX, Math.floor(SAMPLE_CODES_MAX / Math.max(1, features)));
}

/** The same of a profile: fewer, as it is stored with the plan. */
export function profileRowsMax(features: number): number {
  const rows = Math.floor(PROFILE_CODES_MAX / Math.max(1, features));
  return Math.min(SAMPLE_ROWS_MAX, Math.max(PROFILE_ROWS_MIN, rows));
}

/**
 * The part of a profile that sees features together, from the codes of reference rows (as `codingsOf(features)` gives them) in random order.
 * Null for fewer than two features or 50 rows.
 */
export function buildMultivariate(
  features: readonly FeatureProfile[],
  rows: readonly RowCodes[],
  seed: number,
): MultivariateProfile | null {
  const codings = codingsOf(features);
  if (codings.length < 2 || rows.length < MULTIVARIATE_ROWS_MIN) {
    return null;
  }
  const points = rows.slice(0, KERNEL_ROWS_MAX).map((codes) => pointOf(codings, codes));
  const kernel = kernelOf(points, seed);
  const projection = projectionOf(kernel);
  const places = points.map((point) => featuresOf(projection, point));
  const sums = startSums();
  for (const place of places) {
    addFeatures(sums, place);
  }
  return {
    seed,
    kernel,
    sums,
    spread: meanSpreadOf(places, meanOf(sums)),
    sample: rows.slice(0, profileRowsMax(codings.length)),
  };
}

/** Made once, used for every window. */
export function multivariateOf(
  features: readonly FeatureProfile[],
  profile: MultivariateProfile,
): Multivariate {
  const codings = codingsOf(features);
  const pairs = pairsOf(codings.length, profile.seed);
  return {
    profile,
    codings,
    pairs,
    projection: projectionOf(profile.kernel),
    sample: profile.sample.map((codes) => tokensOf(codings, pairs, codes)),
  };
}

/** A window without rows; rows join by `offerRow`, with the bins that `addRow` finds. */
export function startMultivariate({ codings }: Multivariate, seed: number): MultivariateWindow {
  return startSample({ seed, rowsMax: sampleRowsMax(codings.length) });
}

/**
 * Whether a window's rows differ from the reference's: where a classifier tells them apart, or their means in the kernel's space are apart. Both
 * must be worth it and beyond chance, each at half of `alpha`. Null for fewer than 50 rows.
 */
export function assessMultivariate(
  multivariate: Multivariate,
  window: MultivariateWindow,
  settings: MultivariateSettings = MULTIVARIATE_DEFAULTS,
): MultivariateDrift | null {
  return finish(multivariateWork(multivariate, window, settings));
}

/** The same, piece by piece. The window must not change meanwhile. */
export function* multivariateWork(
  multivariate: Multivariate,
  window: MultivariateWindow,
  settings: MultivariateSettings,
): Work<MultivariateDrift | null> {
  const rows = sampledRows(window);
  if (rows.length < MULTIVARIATE_ROWS_MIN) {
    return null;
  }
  const { profile, sample } = multivariate;
  const tokens = yield* allTokens(multivariate, rows);
  const { auc, pValue, telling } = yield* separation(sample, tokens, profile.seed);
  const mmd = yield* mmdOf(multivariate, rows);
  const alpha = settings.alpha / 2;
  const reasons = [
    ...(auc > settings.auc && pValue <= alpha
      ? [`a classifier tells the rows from the reference's: AUC ${auc.toFixed(3)}`]
      : []),
    ...(mmd.squared > settings.mmdSquared && mmd.pValue <= alpha
      ? [`the rows' mean in the kernel's space has moved: MMD² ${mmd.squared.toFixed(4)}`]
      : []),
  ];
  const drifted = reasons.length > 0;
  return {
    n: rows.length,
    classifier: { auc, pValue },
    mmd,
    drifted,
    reasons,
    telling: drifted ? tellingRows(multivariate, rows, telling) : [],
  };
}

function* allTokens(
  { codings, pairs }: Multivariate,
  rows: readonly RowCodes[],
): Work<readonly Tokens[]> {
  const tokens: Tokens[] = [];
  for (let from = 0; from < rows.length; from += PIECE_ROWS) {
    const piece = rows.slice(from, from + PIECE_ROWS);
    tokens.push(...piece.map((codes) => tokensOf(codings, pairs, codes)));
    yield piece.length * (codings.length + pairs.length) * TOKEN_US;
  }
  return tokens;
}

function* mmdOf(
  { codings, projection, profile }: Multivariate,
  rows: readonly RowCodes[],
): Work<MultivariateDrift["mmd"]> {
  const current = startSums();
  for (let from = 0; from < rows.length; from += PIECE_ROWS) {
    const piece = rows.slice(from, from + PIECE_ROWS);
    for (const codes of piece) {
      addFeatures(current, featuresOf(projection, pointOf(codings, codes)));
    }
    yield piece.length * PLACE_US;
  }
  const sizes = { referenceRows: profile.sums.n, currentRows: current.n };
  const distance = squaredDistance(meanOf(profile.sums), meanOf(current));
  return {
    squared: mmdSquared(profile.sums, current),
    pValue: meanDistancePValue(profile.spread, sizes, distance),
  };
}
