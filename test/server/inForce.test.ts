import assert from "node:assert/strict";
import { test } from "node:test";
import { FILTERS_RETURN_MS } from "../../sidecar/actuators/filters.ts";
import type { Rollout } from "../../sidecar/cli/client.ts";
import { printAll, printChange } from "../../sidecar/cli/print.ts";
import { planText, startTestSidecar, type TestSidecar } from "../support/testSidecar.ts";
import { until } from "../support/until.ts";

const IN_FORCE = 'understudy_rollout_in_force{rollout="test"}';

/** Waits until the rollout is as asked. */
async function rolloutThat(
  { client }: TestSidecar,
  what: string,
  is: (rollout: Rollout) => boolean,
): Promise<Rollout> {
  const ask = async (): Promise<Rollout | false> => {
    const rollout = await client.get("test");
    return is(rollout) && rollout;
  };
  return await until(ask, { deadlineMs: 10_000, what });
}

function warnings({ logged }: TestSidecar): readonly object[] {
  return logged
    .filter(({ message }) => message === "traffic not in force")
    .map(({ fields }) => fields);
}

test("a filter that is configured for another candidate does not take the traffic, and the person is told why", async (context) => {
  const sidecar = await startTestSidecar(context);
  await sidecar.client.apply(planText());
  sidecar.filter({ candidate: "v3" });
  const problem = "refused by the filter of fake: candidate_version: v2: v3";
  const refused = await rolloutThat(sidecar, "the refusal is shown", (one) => one.problem !== "");
  assert.equal(refused.problem, problem);
  assert.equal(refused.inForce, null);
  assert.ok(printAll(refused).includes(`in force: no: ${problem}`));
  assert.ok(printChange(refused).endsWith(`not in force: ${problem}`));
  assert.equal(await sidecar.metric(IN_FORCE), 0);
});

test("a refusal is logged once, however often the filter repeats it, and shown until the traffic is in force", async (context) => {
  const sidecar = await startTestSidecar(context);
  await sidecar.client.apply(planText());
  const stranger = sidecar.filter({ candidate: "v3" });
  await until(async () => (await sidecar.metric("understudy_filter_refusals_total")) >= 4, {
    deadlineMs: 10_000,
    what: "the filter refuses again and again",
  });
  assert.equal(warnings(sidecar).length, 1);
  sidecar.filter();
  await rolloutThat(sidecar, "one filter still refuses", (one) => one.problem !== "");
  stranger.close();
  const mended = await rolloutThat(sidecar, "it is in force", (one) => one.inForce !== null);
  assert.equal(mended.problem, "");
  assert.ok(printAll(mended).includes("in force: yes"));
});

test("what a filter says in its refusal is shown as plain text, and not without end", async (context) => {
  const sidecar = await startTestSidecar(context);
  await sidecar.client.apply(planText());
  const filter = sidecar.filter({ ignoresTraffic: true });
  await filter.ready();
  filter.say({ inForce: { rollout: "test", refused: `\u001b[2J\n${"x".repeat(100_000)}` } });
  const { problem } = await rolloutThat(
    sidecar,
    "the refusal is shown",
    (one) => one.problem !== "",
  );
  assert.match(problem, /^refused by the filter of fake: \?\[2J\?x+$/);
  assert.ok(problem.length < 300);
});

test("after a start nothing is claimed in force before every filter had the time to come back, and decisions do not wait for it", async (context) => {
  const sidecar = await startTestSidecar(context, { filtersReturnMs: FILTERS_RETURN_MS });
  const before = { generation: 41, candidateBp: 0, shadowBp: 0, shadowPrimary: false };
  const filter = sidecar.filter({ inForce: [{ rollout: "test", ...before }] });
  await filter.ready();
  await sidecar.client.apply(planText());
  await until(() => filter.generations.get("test")?.includes(42), {
    deadlineMs: 5_000,
    what: "traffic above the generation found comes",
  });
  const { phase } = await sidecar.client.change("Promote", { name: "test", reason: "" });
  await until(() => filter.generations.get("test")?.includes(43), {
    deadlineMs: 5_000,
    what: "the promotion comes",
  });
  const early = await sidecar.client.get("test");
  assert.equal(early.phase, phase);
  assert.deepEqual([early.inForce, early.problem], [null, ""]);
  assert.equal(await sidecar.metric(IN_FORCE), 0);
  assert.deepEqual(filter.generations.get("test"), [42, 43], "what is served is not sent again");
  await rolloutThat(sidecar, "it is in force", (one) => one.inForce !== null);
});

test("a generation that no sidecar can follow is not believed", async (context) => {
  const sidecar = await startTestSidecar(context);
  const served = { generation: 2 ** 52, candidateBp: 0, shadowBp: 0, shadowPrimary: false };
  const liar = sidecar.filter({ ignoresTraffic: true, inForce: [{ rollout: "test", ...served }] });
  await liar.ready();
  const { traffic } = await sidecar.client.apply(planText());
  assert.equal(Number(traffic?.generation), 1);
});
