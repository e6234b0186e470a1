import { assert } from "../assert.ts";
import type { LabelMetric } from "../plan/plan.ts";
import { logMeanExp } from "../special.ts";
import { addCounts, type Count, NO_COUNT } from "./count.ts";
import { addPaired, logAccurateEnough, logLessAccurate, NO_PAIRED, type Paired } from "./paired.ts";
import { noRateSums, rateSums } from "./rate.ts";
import { betsAbove, betsBelow, logThreshold } from "./threshold.ts";

/** A number for each variant. */
export type PerVariant = { readonly primary: number; readonly candidate: number };

/** How many predictions reached the age at which they count, and how many of these had a label by then. */
export type Coverage = {
  readonly matured: PerVariant;
  readonly labelled: PerVariant;
  /** What bets have gained, as logarithms: that labels are missing more often for the candidate, and that they are less often. */
  readonly missing: { readonly more: readonly number[]; readonly fewer: readonly number[] };
};

/** Labelled predictions of each variant, `k` of `n` wrong. */
export type Wrong = { readonly primary: Count; readonly candidate: Count };

/**
 * What the predictions that came of age together say. Which ones do is decided by time alone, never by what they or their labels are.
 */
export type LabelledBatch = Omit<Coverage, "missing"> & {
  readonly wrong: Wrong;
  /** Requests that both variants predicted, by which of them was right. */
  readonly pairs: Paired;
  /** Predictions that only the variant made which answered the user: each of the candidate with one of the primary, in order of time. */
  readonly matched: Paired;
  /** The candidate's labelled predictions that a metric is about, `k` of `n` against it. */
  readonly events: Readonly<Record<LabelMetric, Count>>;
};

/** For a guardrail on the difference between the variants' accuracies. */
export type AccuracyEvidence = Coverage & {
  readonly kind: "accuracy";
  readonly wrong: Wrong;
  readonly pairs: Paired;
  readonly matched: Paired;
};

/** For a guardrail on a floor of the candidate's: `k` of `n` events are against it. */
export type PerformanceEvidence = Coverage & {
  readonly kind: "performance";
  readonly events: Count;
};

/** What is known from labels for one guardrail. */
export type LabelledEvidence = AccuracyEvidence | PerformanceEvidence;

const NOBODY: PerVariant = { primary: 0, candidate: 0 };
const NO_BETS = noRateSums("rare").beyond;
const NO_COVERAGE: Coverage = {
  matured: NOBODY,
  labelled: NOBODY,
  missing: { more: NO_BETS, fewer: NO_BETS },
};

/** Nothing came of age yet. */
export const NO_ACCURACY: AccuracyEvidence = {
  kind: "accuracy",
  ...NO_COVERAGE,
  wrong: { primary: NO_COUNT, candidate: NO_COUNT },
  pairs: NO_PAIRED,
  matched: NO_PAIRED,
};

/** Nothing came of age yet. */
export const NO_PERFORMANCE: PerformanceEvidence = {
  kind: "performance",
  ...NO_COVERAGE,
  events: NO_COUNT,
};

/** What a batch says of one guardrail: of its metric, or of the difference when it has none. */
export function labelledEvidence(
  batch: LabelledBatch,
  metric: LabelMetric | undefined,
): LabelledEvidence {
  const { wrong, pairs, matched, events } = batch;
  const coverage = coverageOf(batch);
  return metric === undefined
    ? { kind: "accuracy", ...coverage, wrong, pairs, matched }
    : { kind: "performance", ...coverage, events: events[metric] };
}

/** The bets on a batch's missing labels are those on rates (see `rateSums`), both ways, at a margin of 1. */
function coverageOf({ matured, labelled }: LabelledBatch): Coverage {
  const missing = (variant: keyof PerVariant): Count => ({
    n: matured[variant],
    k: matured[variant] - labelled[variant],
  });
  const [primary, candidate] = [missing("primary"), missing("candidate")];
  if (primary.k === 0 && candidate.k === 0) {
    // No bet gains or loses where nothing is missing.
    return { matured, labelled, missing: { more: NO_BETS, fewer: NO_BETS } };
  }
  const equal = { margin: 1, tolerance: 0 };
  return {
    matured,
    labelled,
    missing: {
      more: rateSums(equal, [{ primary, candidate }]).beyond,
      fewer: rateSums(equal, [{ primary: candidate, candidate: primary }]).beyond,
    },
  };
}

/** Whether evidence is from labels. */
export function isLabelled(known: { readonly kind: string }): known is LabelledEvidence {
  return known.kind === "accuracy" || known.kind === "performance";
}

/** Sums two of one kind. */
export function addLabelled(a: LabelledEvidence, b: LabelledEvidence): LabelledEvidence {
  const coverage = addCoverage(a, b);
  if (a.kind === "performance" && b.kind === "performance") {
    return { kind: "performance", ...coverage, events: addCounts(a.events, b.events) };
  }
  assert(a.kind === "accuracy" && b.kind === "accuracy", "evidence of two kinds");
  return {
    kind: "accuracy",
    ...coverage,
    wrong: {
      primary: addCounts(a.wrong.primary, b.wrong.primary),
      candidate: addCounts(a.wrong.candidate, b.wrong.candidate),
    },
    pairs: addPaired(a.pairs, b.pairs),
    matched: addPaired(a.matched, b.matched),
  };
}

/**
 * ln of the e-process against "the candidate is within its limit". Of an accuracy: at most `tolerance` below the primary's, by the
 * difference D of each pair and of each match, which both have E[D | past] <= tolerance there: a match is of two requests that chance alone
 * brought together. Of a metric: at most a share `tolerance` of its events is against the candidate.
 */
export function logLabelsBeyond(known: LabelledEvidence, tolerance: number): number {
  return known.kind === "accuracy"
    ? logLessAccurate(differences(known), tolerance)
    : logThreshold(betsAbove(tolerance), known.events);
}

/** ln of the e-process against "the candidate is beyond its limit". */
export function logLabelsWithin(known: LabelledEvidence, tolerance: number): number {
  return known.kind === "accuracy"
    ? logAccurateEnough(differences(known), tolerance)
    : logThreshold(betsBelow(tolerance), known.events);
}

/** All comparisons of the two variants by a label: of pairs and of matches. */
export function differences({ pairs, matched }: AccuracyEvidence): Paired {
  return addPaired(pairs, matched);
}

const NEEDED_MAX = 1e9;

/**
 * About how many more labelled pairs, or labelled predictions of the candidate, until `logLabelsWithin` reaches the limit, if all goes on as
 * before; undefined when it never would.
 */
export function labelsNeeded(
  known: LabelledEvidence,
  goal: { readonly tolerance: number; readonly logLimit: number },
): number | undefined {
  const seen = known.kind === "accuracy" ? countOf(differences(known)) : known.events.n;
  for (let more = 1; more < NEEDED_MAX; more = Math.ceil(more * 1.05)) {
    const growth = (seen + more) / Math.max(1, seen);
    if (logLabelsWithin(grown(known, growth), goal.tolerance) >= goal.logLimit) {
      return more;
    }
  }
  return undefined;
}

/** Where labels are missing in too many cases, or in one variant's more than in the other's, those that came may be no fair sample. */
export type CoverageRule = {
  /** Least share of each variant's predictions that must be labelled, in (0, 1]. */
  readonly coverage: number;
};

/** What keeps the labels from being trusted, in words; undefined when nothing does. */
export function coverageProblem(known: Coverage, rule: CoverageRule): string | undefined {
  const rates = {
    primary: shareOf(known, "primary"),
    candidate: shareOf(known, "candidate"),
  };
  for (const variant of ["primary", "candidate"] as const) {
    const rate = rates[variant];
    if (rate !== undefined && rate < rule.coverage) {
      return `${variant} has labels for ${Math.floor(rate * 100)}% of its predictions, ${Math.round(rule.coverage * 100)}% are needed`;
    }
  }
  return logMissingDiffers(known) >= LOG_MISSING_LIMIT
    ? `labels are missing more often for one variant: ${known.labelled.primary} of ${known.matured.primary} came for the primary, ${known.labelled.candidate} of ${known.matured.candidate} for the candidate`
    : undefined;
}

/** Chance that equal coverage is taken for unequal, in a whole rollout. */
const LOG_MISSING_LIMIT = -Math.log(0.01);

/** ln of the e-process against "labels are missing as often for both variants": the mean of its bets both ways. */
function logMissingDiffers({ missing }: Coverage): number {
  return logMeanExp([...missing.more, ...missing.fewer]);
}

function shareOf({ matured, labelled }: Coverage, variant: keyof PerVariant): number | undefined {
  return matured[variant] === 0 ? undefined : labelled[variant] / matured[variant];
}

function addCoverage(a: Coverage, b: Coverage): Coverage {
  return {
    matured: addEach(a.matured, b.matured),
    labelled: addEach(a.labelled, b.labelled),
    missing: {
      more: addBets(a.missing.more, b.missing.more),
      fewer: addBets(a.missing.fewer, b.missing.fewer),
    },
  };
}

function addEach(a: PerVariant, b: PerVariant): PerVariant {
  return { primary: a.primary + b.primary, candidate: a.candidate + b.candidate };
}

function addBets(a: readonly number[], b: readonly number[]): readonly number[] {
  return a.map((gain, bet) => gain + (b[bet] ?? 0));
}

function countOf({ worse, better, tied }: Paired): number {
  return worse + better + tied;
}

/** As much again of the same; before anything was seen, all tied or all good. */
function grown(known: LabelledEvidence, growth: number): LabelledEvidence {
  if (known.kind === "performance") {
    const { n, k } = known.events;
    return { ...known, events: n === 0 ? { n: growth, k: 0 } : { n: n * growth, k: k * growth } };
  }
  const seen = differences(known);
  const { worse, better, tied } = seen;
  const pairs =
    countOf(seen) === 0
      ? { ...NO_PAIRED, tied: growth }
      : { worse: worse * growth, better: better * growth, tied: tied * growth };
  return { ...known, pairs, matched: NO_PAIRED };
}
