import assert from "node:assert/strict";
import { test } from "node:test";
import { understudy } from "#proto";
import { historyOf } from "../../sidecar/server/historyCodec.ts";
import { LoopHarness } from "../support/loopHarness.ts";
import { planText, startTestSidecar } from "../support/testSidecar.ts";

const { Cause, Judgement } = understudy.v1;

test("the history of a rollout tells on what evidence each step was taken, and who asked for the rest", async () => {
  const harness = new LoopHarness();
  await harness.start();
  const command = { kind: "pause", by: "anna", reason: "lunch" } as const;
  for (const kind of ["pause", "resume"] as const) {
    const asked = harness.loop.command("test", { ...command, kind }, undefined);
    await harness.turn();
    await asked;
  }
  await harness.turnUntil(({ state }) => state.phase === "promoted");
  const entries = await harness.loop.history("test", { before: 100, max: 100 });
  const events = historyOf({ entries, before: 0 }).events ?? [];
  const kinds = events.map(({ kind, revision }) => [revision, kind]);
  assert.deepEqual(kinds, [
    [5, "promoted"],
    [4, "step-advanced"],
    [3, "resumed"],
    [2, "paused"],
    [1, "started"],
  ]);
  const [promoted, advanced, , paused, started] = events;
  assert.equal(promoted?.cause, Cause.CAUSE_EVIDENCE);
  assert.equal(promoted?.judgement, Judgement.JUDGEMENT_PASS);
  const pass = Judgement.JUDGEMENT_PASS;
  assert.deepEqual(promoted?.guardrails, [
    { name: "errorRate", judgement: pass },
    { name: "disagreement", judgement: pass },
  ]);
  assert.equal(advanced?.step, 1);
  assert.ok(Number(advanced?.pairs) >= 20);
  assert.ok(Number(advanced?.generation) > Number(started?.generation));
  assert.deepEqual([paused?.cause, paused?.by], [Cause.CAUSE_COMMAND, "anna"]);
  assert.equal(paused?.reason, "lunch (asked by anna)");
  assert.equal(paused?.generation, undefined);
});

test("pages of the history join without gaps or repetitions, whatever their length", async (context) => {
  const { client } = await startTestSidecar(context);
  await client.apply(planText());
  for (let change = 0; change < 24; change += 1) {
    await client.change(change % 2 === 0 ? "Pause" : "Resume", { name: "test", reason: "" });
  }
  for (const limit of [1, 7, 25, 100]) {
    const revisions: number[] = [];
    let before: number | undefined;
    do {
      const page = await client.history("test", { limit, ...(before && { before }) });
      assert.ok(page.events.length <= limit);
      revisions.push(...page.events.map(({ revision }) => Number(revision)));
      before = Number(page.before);
    } while (before !== 0);
    assert.deepEqual(
      revisions,
      Array.from({ length: 25 }, (_, index) => 25 - index),
    );
  }
  assert.equal((await client.history("test")).events.length, 20);
  await assert.rejects(client.history("test", { limit: 101 }), /limit: 1 to 100/);
});
