import assert from "node:assert/strict";
import { test } from "node:test";
import { canaryStep, disagreement, errorRate, latency, planWith } from "../support/evidence.ts";
import {
  countEndings,
  mostOf,
  type Scenario,
  simulate,
  type Truth,
} from "../support/simulation.ts";

// Every seed is fixed, so a test fails always or never. A bound is the most that a true rate of alpha would show in 999 of 1,000 cases.
const alpha = 0.05;
const plan = planWith([errorRate, latency, disagreement], { rollback: alpha, promotion: alpha });
const runs = 300;
const most = mostOf(runs, alpha);

const perfect: Truth = {
  errors: { primary: 0.02, candidate: 0 },
  slow: { primary: 0.05, candidate: 0 },
  disagreement: 0,
};
const equal: Truth = {
  errors: { primary: 0.01, candidate: 0.01 },
  slow: { primary: 0.05, candidate: 0.05 },
  disagreement: 0.05,
};
const atEveryLimit: Truth = {
  errors: { primary: 0.02, candidate: 0.03 },
  slow: { primary: 0.05, candidate: 0.075 },
  disagreement: 0.15,
};

function scenario(part: Pick<Scenario, "truth" | "looks"> & Partial<Scenario>): Scenario {
  return {
    plan,
    step: canaryStep,
    runs,
    traffic: () => ({ primary: 540, candidate: 60, pairs: 80 }),
    ...part,
  };
}

test("a candidate at the limit of every guardrail is rolled back with at most alpha.rollback", () => {
  const traffic = (index: number) => ({
    primary: 540,
    candidate: 60,
    pairs: 80,
    generation: 1 + Math.floor(index / 8),
  });
  const endings = simulate(scenario({ truth: () => atEveryLimit, looks: 40, traffic }));
  const fails = countEndings(endings, "fail");
  assert(fails <= most, `${fails} of ${runs}`);
});

test("a candidate equal to the primary is rolled back with at most alpha.rollback while weight and rates change", () => {
  const daily = (index: number): number => 1 + 0.9 * Math.sin(index / 5);
  const endings = simulate(
    scenario({
      plan: planWith([errorRate, latency, disagreement], { rollback: alpha, promotion: 1e-9 }),
      looks: 40,
      traffic: (index) => {
        const step = Math.floor(index / 14);
        const candidate = [30, 150, 300][step] ?? 300;
        return { primary: 600 - candidate, candidate, pairs: 80, generation: step + 1 };
      },
      truth: (index) => {
        const [errors, slow] = [0.01 * daily(index), 0.05 * daily(index)];
        return {
          errors: { primary: errors, candidate: errors },
          slow: { primary: slow, candidate: slow },
          disagreement: 0.05 * daily(index),
        };
      },
    }),
  );
  assert(countEndings(endings, "fail") <= most);
});

test("a candidate tolerably worse on quiet days and as bad as the primary in outages is not rolled back for it", () => {
  const endings = simulate(
    scenario({
      plan: planWith([errorRate], { rollback: alpha, promotion: 1e-9 }),
      looks: 200,
      runs: 60,
      truth: (index) => ({
        ...equal,
        errors:
          index % 40 === 39
            ? { primary: 0.3, candidate: 0.3 }
            : { primary: 0.0002, candidate: 0.008 },
      }),
    }),
  );
  assert(countEndings(endings, "fail") <= mostOf(60, alpha));
});

for (const { name, truth } of [
  {
    name: "whose error rate is at the ratio's margin",
    truth: { ...perfect, errors: { primary: 0.02, candidate: 0.03 } },
  },
  {
    name: "whose error rate is at the tolerance while the primary has none",
    truth: { ...perfect, errors: { primary: 0, candidate: 0.01 } },
  },
  {
    name: "whose slow rate is at its margin",
    truth: { ...perfect, slow: { primary: 0.05, candidate: 0.075 } },
  },
  { name: "that disagrees at the tolerance", truth: { ...perfect, disagreement: 0.15 } },
]) {
  test(`a candidate ${name} passes with at most alpha.promotion, however good the rest is`, () => {
    const endings = simulate(
      scenario({
        plan: planWith([errorRate, latency, disagreement], { rollback: 1e-9, promotion: alpha }),
        looks: 40,
        truth: () => truth,
      }),
    );
    const passes = countEndings(endings, "pass");
    assert(passes <= most, `${passes} of ${runs}`);
  });
}
