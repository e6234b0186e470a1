import assert from "node:assert/strict";
import { test } from "node:test";
import { understudy } from "#proto";
import { atStep, ended, type When } from "../support/realSidecar.ts";
import {
  openStrategyHouse,
  QUICK,
  STRATEGIES,
  type Strategy,
  type StrategyHouse,
  strategyPlan,
} from "../support/strategyHouse.ts";
import { answering, predicting } from "../support/upstream.ts";

const { Phase } = understudy.v1;
const failing = answering(500, "application/json", "{}");

/** Does the same on every rollout's route at once; returns the results by strategy. */
async function onEvery<Result>(
  work: (strategy: Strategy) => Promise<Result>,
): Promise<Readonly<Record<string, Result>>> {
  const done = await Promise.all(
    STRATEGIES.map(async (strategy) => [strategy, await work(strategy)] as const),
  );
  return Object.fromEntries(done);
}

/** How many of a hundred users the candidate answers, on each route. */
function candidates(house: StrategyHouse): Promise<Readonly<Record<string, number>>> {
  return onEvery((strategy) => house.onCandidate(strategy));
}

/** The rollout is paused, and that is in force. */
const paused: When = {
  what: "the rollout is paused",
  is: ({ phase }) => phase === Phase.PHASE_PAUSED,
};

test("each strategy ends promoted when its candidate does well, and no user's request fails", async (context) => {
  const house = await openStrategyHouse(context);
  const { sidecar } = house;
  const last = await onEvery(async (strategy) => {
    await sidecar.client.apply(strategyPlan(strategy, QUICK[strategy]));
    return sidecar.rollout(strategy, ended("promoted"));
  });
  assert.deepEqual(await candidates(house), { shadow: 100, canary: 100, green: 100, chain: 100 });
  assert.deepEqual(
    Object.values(last).map(({ steps }) => steps),
    [
      ["shadow 100%"],
      ["canary 20%", "canary 50%"],
      ["preview", "switch, kept for 2s"],
      ["shadow 100%", "canary 30%", "switch, kept for 2s"],
    ],
  );
  assert.deepEqual(await house.leave(), []);
});

test("each strategy ends rolled back by its evidence: pairs, users, test requests, and users after a switch", async (context) => {
  const house = await openStrategyHouse(context);
  const { sidecar, answers } = house;
  answers.shadow = predicting("v2", 0);
  answers.canary = failing;
  answers.green = failing;
  const reasons = await onEvery(async (strategy) => {
    const text = { ...QUICK[strategy] };
    const kept = text.strategy.replace("keepFor: 2s", "keepFor: 10m");
    await sidecar.client.apply(strategyPlan(strategy, { ...text, strategy: kept }));
    await (strategy === "chain" && failAfterSwitch(house));
    const { reason } = await sidecar.rollout(strategy, ended("rolled back"));
    return reason.split(":")[0];
  });
  assert.deepEqual(reasons, {
    shadow: "disagreement",
    canary: "breaker",
    green: "tests",
    chain: "breaker",
  });
  assert.deepEqual(await candidates(house), { shadow: 0, canary: 0, green: 0, chain: 0 });
});

async function failAfterSwitch({ sidecar, answers }: StrategyHouse): Promise<void> {
  await sidecar.rollout("chain", atStep(2));
  answers.chain = failing;
}

test("each strategy goes back when somebody says so, from every kind of step", async (context) => {
  const house = await openStrategyHouse(context);
  const { sidecar } = house;
  const endless = "minimum: { pairs: 1000000 }";
  const plans: Readonly<Record<Strategy, string>> = {
    shadow: `[{ shadow: { ${endless} } }]`,
    canary: "[{ canary: { weights: [20%, 50%], minimum: { requests: 1000000 } } }]",
    green: "[{ blueGreen: { keepFor: 10m } }]",
    chain: "[shadow, { canary: { weights: [30%], minimum: { time: 1s } } }, pause, switch]",
  };
  const from: Readonly<Record<Strategy, number>> = { shadow: 0, canary: 0, green: 1, chain: 2 };
  const before = await onEvery(async (strategy) => {
    const text = { ...QUICK[strategy], strategy: plans[strategy] };
    await sidecar.client.apply(strategyPlan(strategy, text));
    await sidecar.rollout(strategy, atStep(from[strategy]));
    return house.onCandidate(strategy);
  });
  assert.equal(before.shadow, 0);
  assert.ok(10 <= (before.canary ?? 0) && (before.canary ?? 0) <= 32, `${before.canary}`);
  assert.equal(before.green, 100);
  assert.ok(18 <= (before.chain ?? 0) && (before.chain ?? 0) <= 42, `${before.chain}`);
  const reasons = await onEvery(async (strategy) => {
    await sidecar.client.change("Rollback", { name: strategy, reason: "not today" });
    return (await sidecar.rollout(strategy, ended("rolled back"))).reason;
  });
  assert.match(Object.values(reasons).join("\n"), /^(not today \(asked by .*\)\n?){4}$/);
  assert.deepEqual(await candidates(house), { shadow: 0, canary: 0, green: 0, chain: 0 });
  assert.deepEqual(await house.leave(), []);
});

test("each strategy is held by a pause, with its traffic as it was, until somebody lets it go on", async (context) => {
  const house = await openStrategyHouse(context);
  const { sidecar } = house;
  const held: Readonly<Record<Strategy, StrategyHold>> = {
    shadow: { strategy: QUICK.shadow.strategy, release: "Resume" },
    canary: { strategy: QUICK.canary.strategy, release: "Resume" },
    green: { strategy: "[{ blueGreen: { keepFor: 2s, approval: true } }]", release: "Approve" },
    chain: {
      strategy: "[shadow, { canary: { weights: [30%], minimum: { time: 1s } } }, pause]",
      release: "Approve",
    },
  };
  const passing: When = {
    what: "the guardrails pass",
    is: ({ verdict }) => verdict?.judgement === understudy.v1.Judgement.JUDGEMENT_PASS,
  };
  const steps = await onEvery(async (strategy) => {
    const { release } = held[strategy];
    const text = { ...QUICK[strategy], strategy: held[strategy].strategy };
    await sidecar.client.apply(strategyPlan(strategy, text));
    if (release === "Resume") {
      await sidecar.client.change("Pause", { name: strategy, reason: "wait" });
      await sidecar.rollout(strategy, paused);
    } else {
      await sidecar.rollout(strategy, atStep(strategy === "green" ? 1 : 2));
    }
    return (await sidecar.rollout(strategy, passing)).step;
  });
  assert.deepEqual(steps, { shadow: 0, canary: 0, green: 1, chain: 2 });
  const { shadow, green } = await candidates(house);
  assert.deepEqual({ shadow, green }, { shadow: 0, green: 0 });
  await onEvery(async (strategy) => {
    const { release } = held[strategy];
    await sidecar.client.change(release, { name: strategy, reason: "go on" });
    await sidecar.rollout(strategy, ended("promoted"));
  });
  assert.deepEqual(await candidates(house), { shadow: 100, canary: 100, green: 100, chain: 100 });
  assert.deepEqual(await house.leave(), []);
});

type StrategyHold = { readonly strategy: string; readonly release: "Resume" | "Approve" };
