import assert from "node:assert/strict";
import { test } from "node:test";
import { labelledBatch } from "../../sidecar/core/evidence/labelledBatch.ts";
import type { MaturedCase } from "../../sidecar/core/performance/maturity.ts";
import { LABEL_METRICS, type Plan } from "../../sidecar/core/plan/plan.ts";
import { drawLabels, metricOf } from "../../sidecar/core/simulate/labels.ts";
import { brokenGuardrails } from "../../sidecar/core/simulate/limits.ts";
import { type Random, seeded } from "../../sidecar/core/simulate/random.ts";
import { simulate } from "../../sidecar/core/simulate/simulate.ts";
import { parseTruth, type Truth } from "../../sidecar/core/simulate/truth.ts";
import { parsePlan } from "../../sidecar/plan/parsePlan.ts";

const rules = { horizonMs: 1_000, missing: "exclude", coverage: 0.8, positive: "yes" } as const;
const predicted = { both: 20, primary: 9, candidate: 6 };

function truthOf(...entries: readonly string[]): Truth {
  const parsed = parseTruth(entries);
  assert("truth" in parsed, JSON.stringify(parsed));
  return parsed.truth;
}

/** A plan of a shadow step and a canary, whose labels come after 20 s. */
function planOf(guardrails: string): Plan {
  const parsed = parsePlan(`apiVersion: understudy.dev/v1alpha1
kind: Rollout
metadata: { name: labelled }
spec:
  primary: v1
  candidate: v2
  requestTimeout: 3s
  steps:
    - shadow: { percent: 100% }
    - canary: { weight: 50% }
  guardrails: ${guardrails}
  alpha: { rollback: 0.05, promotion: 0.05 }
  compare: { prediction: { label: $.label } }
  labels: { horizon: 20s, positive: "yes" }
`);
  assert(parsed.kind === "plan", JSON.stringify(parsed));
  return parsed.plan;
}

const OTHER = { yes: "no", no: "yes" } as const;

/** A request of which the candidate is right by what the primary is, if both predict it, and else by itself. */
function drawCase(truth: Truth, who: keyof typeof predicted, random: Random): MaturedCase {
  const { primary, candidate } = truth.accuracy;
  const bothRight = (primary + candidate - truth.accuracyDiscordance) / 2;
  const is = random.next() < truth.positiveShare ? "yes" : "no";
  const isRight = random.next() < primary;
  const given = isRight ? bothRight / primary : (candidate - bothRight) / (1 - primary);
  const isToo = random.next() < { both: given, primary: candidate, candidate }[who];
  const said = (isRight: boolean) => ({ version: "v", atMs: 0, label: isRight ? is : OTHER[is] });
  const all = { primary: said(isRight), candidate: said(isToo) };
  const predictions = {
    both: all,
    primary: pick(all, "primary"),
    candidate: pick(all, "candidate"),
  };
  const label = random.next() < truth.labelCoverage ? is : undefined;
  return { id: who, atMs: 0, label, predictions: predictions[who] };
}

function pick<T>(all: { primary: T; candidate: T }, who: "primary" | "candidate") {
  return { [who]: all[who] };
}

/** Cases as they would be taken out of a store, one by one. */
function drawCases(truth: Truth, random: Random): readonly MaturedCase[] {
  return (["both", "primary", "candidate"] as const).flatMap((who) =>
    Array.from({ length: predicted[who] }, () => drawCase(truth, who, random)),
  );
}

/** Every number in a batch, by its place. */
function numbersIn(value: unknown): readonly number[] {
  return typeof value === "number" ? [value] : Object.values(Object(value)).flatMap(numbersIn);
}

/** Means and mean squares of numbers over many draws, with their standard errors. */
function moments(
  draws: readonly (readonly number[])[],
): readonly { mean: number; error: number }[] {
  const places = (draws[0] ?? []).map((_, place) => draws.map((draw) => draw[place] ?? 0));
  return places.flatMap((values) =>
    [values, values.map((value) => value * value)].map((powers) => {
      const mean = powers.reduce((sum, value) => sum + value, 0) / powers.length;
      const spread = powers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / powers.length;
      return { mean, error: Math.sqrt(spread / powers.length) };
    }),
  );
}

test("labels drawn as counts have the means and squares of labelled cases that are drawn one by one", () => {
  const truth = truthOf(
    ...["primary-accuracy=0.8", "candidate-accuracy=0.7", "accuracy-discordance=0.2"],
    ...["positive-share=0.3", "label-coverage=0.9"],
  );
  const random = seeded(3);
  const sorted = (batch: ReturnType<typeof labelledBatch>) => {
    const { matured, labelled, wrong, pairs, matched, events } = batch;
    const places = [pairs, matched].map(({ worse, better, tied }) => [worse, better, tied]);
    return numbersIn([matured, labelled, wrong, places, LABEL_METRICS.map((name) => events[name])]);
  };
  const draws = Array.from({ length: 6_000 }, () =>
    drawLabels(predicted, { truth, rules }, random),
  );
  const each = Array.from({ length: 6_000 }, () => labelledBatch(drawCases(truth, random), rules));
  const [byCounts, byCases] = [moments(draws.map(sorted)), moments(each.map(sorted))];
  for (const [place, { mean, error }] of byCounts.entries()) {
    const one = byCases[place];
    assert(one !== undefined);
    const allowed = 4.5 * Math.hypot(error, one.error) + 1e-9;
    assert(Math.abs(mean - one.mean) <= allowed, `${place}: ${mean} against ${one.mean}`);
  }
});

test("a metric's true value is what its events come to", () => {
  const truth = truthOf("candidate-accuracy=0.7", "positive-share=0.3");
  const { events } = drawLabels(
    { both: 1e6, primary: 0, candidate: 0 },
    { truth, rules },
    seeded(1),
  );
  for (const metric of LABEL_METRICS) {
    const { n, k } = events[metric];
    const good = 1 - k / n;
    const value = metric === "f1" ? (2 * good) / (1 + good) : good;
    assert(Math.abs(value - metricOf(metric, truth)) < 0.005, metric);
  }
  assert.equal(metricOf("f1", truthOf("candidate-accuracy=0")), 0);
});

const accuracyPlan = planOf("{ accuracy: { tolerance: 3% } }");

test("a candidate as accurate as the primary is promoted once labels have come, and not before", () => {
  const found = simulate(accuracyPlan, truthOf("disagreement=0.04"), { runs: 60, seed: 1 });
  assert(found.promoted >= 55, `${found.promoted} of 60`);
  assert(found.rolledBack <= 3, `${found.rolledBack} of 60`);
  assert(found.seconds.median > 20, `${found.seconds.median} s`);
});

test("one that is much less accurate is rolled back, and one just at the limit promoted by alpha at most", () => {
  const worse = truthOf("primary-accuracy=0.9", "candidate-accuracy=0.8");
  const found = simulate(accuracyPlan, worse, { runs: 60, seed: 2 });
  assert.equal(found.promoted, 0);
  assert(found.rolledBack >= 55, `${found.rolledBack} of 60`);
  assert.match(found.rollbacks?.reasons[0]?.reason ?? "", /accuracy/);
  const limit = truthOf("primary-accuracy=0.9", "candidate-accuracy=0.87", "requests-max=30000");
  assert.deepEqual(brokenGuardrails(accuracyPlan, limit), []);
  const atLimit = simulate(accuracyPlan, limit, { runs: 100, seed: 3 });
  assert(atLimit.promoted <= 12, `${atLimit.promoted} of 100`);
  assert(atLimit.rolledBack <= 12, `${atLimit.rolledBack} of 100`);
});

test("where too few labels come nothing is promoted", () => {
  const truth = truthOf("label-coverage=0.7", "requests-max=20000");
  const found = simulate(accuracyPlan, truth, { runs: 10, seed: 4 });
  assert.equal(found.undecided, 10);
});

test("the guardrails on labels that a truth breaks are named", () => {
  const plan = planOf("{ accuracy: { tolerance: 3% }, performance: { metric: f1, floor: 0.8 } }");
  const broken = (...entries: readonly string[]) =>
    brokenGuardrails(plan, truthOf(...entries)).map(({ name }) => name);
  assert.deepEqual(broken(), []);
  assert.deepEqual(broken("primary-accuracy=0.94", "candidate-accuracy=0.91"), []);
  assert.deepEqual(broken("candidate-accuracy=0.86"), ["accuracy"]);
  assert.deepEqual(broken("primary-accuracy=0.75"), ["performance"]);
  assert.deepEqual(broken("positive-share=0.1"), ["performance"]);
});

for (const { entries, problem } of [
  {
    entries: ["primary-accuracy=0.9", "candidate-accuracy=0.8", "accuracy-discordance=0.05"],
    problem:
      /^truth accuracy-discordance: 0\.05: a number from 0\.0?9+.* to .* at these accuracies$/,
  },
  {
    entries: ["label-coverage=1.5"],
    problem: /^truth label-coverage: 1\.5: a number from 0 to 1$/,
  },
]) {
  test(`a truth of ${entries.join(" and ")} is refused`, () => {
    const parsed = parseTruth(entries);
    assert("problems" in parsed);
    assert.match(parsed.problems.join("\n"), problem);
  });
}
