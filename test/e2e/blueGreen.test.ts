import assert from "node:assert/strict";
import { test } from "node:test";
import type { Rollout } from "../../sidecar/cli/client.ts";
import { USER_HEADER } from "../support/filterConfig.ts";
import { atStep, ended } from "../support/realSidecar.ts";
import { type Loaded, startSteadyLoad } from "../support/steadyLoad.ts";
import { openStrategyHouse, QUICK, strategyPlan } from "../support/strategyHouse.ts";
import { until } from "../support/until.ts";

const PER_SECOND = 1_000;
const MOVED_MS_MAX = 1_000;
/** Requests before, between and after the two decisions. */
const SPELL = 2_500;

const isFrom = (version: string) => (one: Loaded) =>
  one.body.includes(`"model_version":"${version}"`);

const begun = ({ beganMs }: Loaded): number => beganMs;

test("blue-green's switch and its rollback each move all of 1,000 requests a second within a second, and none fails", async (context) => {
  const { sidecar, users } = await openStrategyHouse(context, []);
  const strategy = "[{ blueGreen: { approval: true, keepFor: 10m } }]";
  await sidecar.client.apply(strategyPlan("green", { ...QUICK.green, strategy }));
  await sidecar.rollout("green", atStep(1));
  const load = startSteadyLoad(users, PER_SECOND, (index) => ({
    path: "/v2/models/green/infer",
    headers: { [USER_HEADER]: `user-${index % 500}` },
  }));
  const spell = async (): Promise<void> => {
    const enough = load.answered() + SPELL;
    await until(() => load.answered() >= enough, {
      deadlineMs: 30_000,
      what: "a spell of requests",
    });
  };
  await spell();
  const switchedMs = decidedMs(
    await sidecar.client.change("Approve", { name: "green", reason: "" }),
  );
  await spell();
  const backMs = decidedMs(await sidecar.client.change("Rollback", { name: "green", reason: "" }));
  await spell();
  const requests = await load.end();
  const lastOf = (version: string, untilMs: number): number =>
    Math.max(
      ...requests
        .filter(isFrom(version))
        .map(begun)
        .filter((ms) => ms < untilMs),
    );
  context.diagnostic(
    `${paceOf(requests)} requests a second; the last that went the old way began ${lastOf("v1", backMs) - switchedMs} ms after the switch, ${lastOf("v2", Number.POSITIVE_INFINITY) - backMs} ms after the rollback`,
  );
  await sidecar.rollout("green", ended("rolled back"));

  assert.deepEqual(
    requests.filter(({ status }) => status !== 200),
    [],
  );
  const between = (fromMs: number, toMs: number): readonly Loaded[] =>
    requests.filter(({ beganMs, endedMs }) => fromMs <= beganMs && endedMs < toMs);
  const spells = [
    { of: between(0, switchedMs), to: "v1" },
    { of: between(switchedMs + MOVED_MS_MAX, backMs), to: "v2" },
    { of: between(backMs + MOVED_MS_MAX, Number.POSITIVE_INFINITY), to: "v1" },
  ];
  assert.deepEqual(
    spells.map(({ of, to }) => of.filter(isFrom(to)).length),
    spells.map(({ of }) => of.length),
  );
  assert.ok(spells.every(({ of }) => of.length > SPELL / 10));
});

function paceOf(requests: readonly Loaded[]): number {
  const [first = 0, last = 0] = [requests[0]?.beganMs, requests.at(-1)?.beganMs];
  return Math.round((requests.length * 1_000) / (last - first));
}

function decidedMs({ decidedUnixMs }: Rollout): number {
  return Number(decidedUnixMs);
}
