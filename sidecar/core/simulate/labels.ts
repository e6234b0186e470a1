import type { EvidenceBook } from "../evidence/ingest.ts";
import type { LabelledBatch } from "../evidence/labelled.ts";
import { observeLabels } from "../evidence/labels.ts";
import { metricAt } from "../evidence/loss.ts";
import { maturityAgeMs } from "../performance/maturity.ts";
import type { LabelMetric, LabelRules, Plan } from "../plan/plan.ts";
import type { Random } from "./random.ts";
import type { Truth } from "./truth.ts";

/** Requests of a window that were predicted: by both variants, or by one alone. */
export type Predicted = {
  readonly both: number;
  readonly primary: number;
  readonly candidate: number;
};

/** Predictions that are not old enough to count. */
export type Unripe = {
  readonly rules: LabelRules;
  readonly ageMs: number;
  readonly waiting: { readonly beganMs: number; readonly predicted: Predicted }[];
};

/** What came of requests that both variants predicted, or that were compared as if they had. */
type Joint = {
  readonly bothRight: number;
  readonly primaryOnly: number;
  readonly candidateOnly: number;
  readonly neither: number;
};

const NOBODY: Predicted = { both: 0, primary: 0, candidate: 0 };
/** Windows whose predictions are counted together: to count those of each second by themselves tells hardly more, and takes long. */
const TOGETHER = 5;

/** No prediction yet; undefined for plans without labels. */
export function noneUnripe(plan: Plan): Unripe | undefined {
  const { labels } = plan;
  return labels && { rules: labels, ageMs: maturityAgeMs(plan), waiting: [] };
}

/** Counts the predictions that are old enough, with labels drawn for them; true when there were any. */
export function countRipe(
  { rules, ageMs, waiting }: Unripe,
  book: EvidenceBook,
  { truth, nowMs, random }: { readonly truth: Truth; readonly nowMs: number; random: Random },
): boolean {
  let isCounted = false;
  for (
    let last = waiting[TOGETHER - 1];
    last !== undefined && last.beganMs + ageMs <= nowMs;
    last = waiting[TOGETHER - 1]
  ) {
    const predicted = waiting.splice(0, TOGETHER).reduce(addPredicted, NOBODY);
    observeLabels(book, drawLabels(predicted, { truth, rules }, random));
    isCounted = true;
  }
  return isCounted;
}

function addPredicted(sum: Predicted, { predicted }: Unripe["waiting"][number]): Predicted {
  return {
    both: sum.both + predicted.both,
    primary: sum.primary + predicted.primary,
    candidate: sum.candidate + predicted.candidate,
  };
}

/**
 * Draws the labels of predictions that come of age together: the same distribution as `labelledBatch` of drawn cases. A prediction is as
 * often right whatever its class; labels come for any request alike, or, where a missing one counts as negative, in effect for all.
 */
export function drawLabels(
  predicted: Predicted,
  { truth, rules }: { readonly truth: Truth; readonly rules: LabelRules },
  random: Random,
): LabelledBatch {
  const coverage = rules.missing === "negative" ? 1 : truth.labelCoverage;
  const both = random.binomial(predicted.both, coverage);
  const primary = random.binomial(predicted.primary, coverage);
  const candidate = random.binomial(predicted.candidate, coverage);
  const matched = Math.min(primary, candidate);
  const pairs = drawJoint(both, truth, random);
  const matches = drawJoint(matched, independent(truth), random);
  const right = {
    primary: rightOf(pairs, "primaryOnly") + rightOf(matches, "primaryOnly"),
    candidate: rightOf(pairs, "candidateOnly") + rightOf(matches, "candidateOnly"),
  };
  const labelled = { primary: both + primary, candidate: both + candidate };
  right.primary += random.binomial(primary - matched, truth.accuracy.primary);
  right.candidate += random.binomial(candidate - matched, truth.accuracy.candidate);
  const wrong = {
    primary: { n: labelled.primary, k: labelled.primary - right.primary },
    candidate: { n: labelled.candidate, k: labelled.candidate - right.candidate },
  };
  return {
    matured: {
      primary: predicted.both + predicted.primary,
      candidate: predicted.both + predicted.candidate,
    },
    labelled,
    wrong,
    pairs: differencesOf(pairs),
    matched: differencesOf(matches),
    events: drawEvents({ right: right.candidate, wrong: wrong.candidate.k }, truth, random),
  };
}

/** The candidate's true value of a metric. */
export function metricOf(metric: LabelMetric, { accuracy, positiveShare }: Truth): number {
  const [right, wrong] = [accuracy.candidate, 1 - accuracy.candidate];
  const tp = right * positiveShare;
  const against = {
    accuracy: wrong / right,
    precision: (wrong * (1 - positiveShare)) / tp,
    recall: (wrong * positiveShare) / tp,
    f1: wrong / tp,
  }[metric];
  const loss = against / (1 + against);
  return Number.isFinite(against) ? metricAt(metric, loss) : 0;
}

function independent(truth: Truth): Truth {
  const { primary: p, candidate: q } = truth.accuracy;
  return { ...truth, accuracyDiscordance: p * (1 - q) + q * (1 - p) };
}

function drawJoint(n: number, { accuracy, accuracyDiscordance }: Truth, random: Random): Joint {
  const bothChance = Math.max(0, (accuracy.primary + accuracy.candidate - accuracyDiscordance) / 2);
  const bothRight = random.binomial(n, bothChance);
  const primaryChance = accuracy.primary - bothChance;
  const primaryOnly = random.binomial(n - bothRight, conditional(primaryChance, bothChance));
  const rest = n - bothRight - primaryOnly;
  const taken = bothChance + primaryChance;
  const candidateOnly = random.binomial(rest, conditional(accuracy.candidate - bothChance, taken));
  return { bothRight, primaryOnly, candidateOnly, neither: rest - candidateOnly };
}

function conditional(chance: number, taken: number): number {
  return taken >= 1 ? 0 : Math.min(1, Math.max(0, chance) / (1 - taken));
}

function rightOf(joint: Joint, alone: "primaryOnly" | "candidateOnly"): number {
  return joint.bothRight + joint[alone];
}

function differencesOf(joint: Joint): LabelledBatch["pairs"] {
  return {
    worse: joint.primaryOnly,
    better: joint.candidateOnly,
    tied: joint.bothRight + joint.neither,
  };
}

function drawEvents(
  { right, wrong }: { readonly right: number; readonly wrong: number },
  { positiveShare }: Truth,
  random: Random,
): LabelledBatch["events"] {
  const tp = random.binomial(right, positiveShare);
  const fn = random.binomial(wrong, positiveShare);
  return {
    accuracy: { n: right + wrong, k: wrong },
    precision: { n: tp + wrong - fn, k: wrong - fn },
    recall: { n: tp + fn, k: fn },
    f1: { n: tp + wrong, k: wrong },
  };
}
