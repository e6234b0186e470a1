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
/** Requests that are looked at before, between and after the two decisions. */
const SPELL = 1_500;

test("blue-green's switch and its rollback each move all of 1,000 requests a second within a second, and none fails", async (context) => {
  const { sidecar, users } = await openStrategyHouse(context, []);
  const strategy = "[{ blueGreen: { approval: true, keepFor: 10m } }]";
  await sidecar.client.apply(strategyPlan("green", { ...QUICK.green, strategy }));
  await sidecar.rollout("green", atStep(1));
  const load = startSteadyLoad(users, PER_SECOND, (index) => ({
    path: "/v2/models/green/infer",
    headers: { [USER_HEADER]: `user-${index % 500}` },
  }));
  const spellSince = (beganMs: number): Promise<true> =>
    until(() => load.answeredSince(beganMs) >= SPELL, {
      deadlineMs: 30_000,
      what: "a spell of requests",
    });
  await spellSince(0);
  const switchedMs = decidedMs(
    await sidecar.client.change("Approve", { name: "green", reason: "" }),
  );
  await spellSince(switchedMs + MOVED_MS_MAX);
  const backMs = decidedMs(await sidecar.client.change("Rollback", { name: "green", reason: "" }));
  await spellSince(backMs + MOVED_MS_MAX);
  const requests = await load.end();
  await sidecar.rollout("green", ended("rolled back"));

  const between = (fromMs: number, toMs: number): readonly Loaded[] =>
    requests.filter(({ beganMs, endedMs }) => fromMs <= beganMs && endedMs < toMs);
  const after = (decisionMs: number, old: string, untilMs: number): number =>
    Math.max(decisionMs, ...between(decisionMs, untilMs).filter(isFrom(old)).map(begun)) -
    decisionMs;
  const forEver = Number.POSITIVE_INFINITY;
  context.diagnostic(
    `${paceOf(requests)} requests a second; the last that went the old way began ${after(switchedMs, "v1", backMs)} ms after the switch, and ${after(backMs, "v2", forEver)} ms after the rollback`,
  );
  assert.deepEqual(
    requests.filter(({ status }) => status !== 200),
    [],
  );
  const spells = [
    { of: between(0, switchedMs), to: "v1" },
    { of: between(switchedMs + MOVED_MS_MAX, backMs), to: "v2" },
    { of: between(backMs + MOVED_MS_MAX, forEver), to: "v1" },
  ];
  assert.deepEqual(
    spells.map(({ of, to }) => of.filter(isFrom(to)).length),
    spells.map(({ of }) => of.length),
  );
});

const isFrom = (version: string) => (one: Loaded) =>
  one.body.includes(`"model_version":"${version}"`);

const begun = ({ beganMs }: Loaded): number => beganMs;

function paceOf(requests: readonly Loaded[]): number {
  const [first = 0, last = 0] = [requests[0]?.beganMs, requests.at(-1)?.beganMs];
  return Math.round((requests.length * 1_000) / (last - first));
}

function decidedMs({ decidedUnixMs }: Rollout): number {
  return Number(decidedUnixMs);
}
