import assert from "node:assert/strict";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { understudy } from "#proto";
import { planText, startTestSidecar } from "../support/testSidecar.ts";

const { Phase } = understudy.v1;
const NO_REASON = { name: "test", reason: "" };

test("applying a plan starts its rollout, and the same plan again changes nothing", async (context) => {
  const { client } = await startTestSidecar(context);
  const first = await client.apply(planText());
  assert.equal(first.phase, Phase.PHASE_PROGRESSING);
  assert.deepEqual(first.steps, ["shadow 100%", "canary 10%"]);
  assert.equal(first.traffic?.shadowBp, 10_000);
  const again = await client.apply(planText());
  assert.equal(Number(again.revision), Number(first.revision));
});

test("another plan for a rollout under way is refused, and starts a new one once that has ended", async (context) => {
  const { client } = await startTestSidecar(context);
  await client.apply(planText());
  await assert.rejects(client.apply(planText("test", "v3")), { code: status.FAILED_PRECONDITION });
  const ended = await client.change("Rollback", NO_REASON);
  const next = await client.apply(planText("test", "v3"));
  assert.equal(next.candidate, "v3");
  assert.equal(next.phase, Phase.PHASE_PROGRESSING);
  assert.ok(Number(next.traffic?.generation) > Number(ended.traffic?.generation));
  assert.ok(Number(next.revision) > Number(ended.revision));
});

test("a plan with problems is refused with all of them named", async (context) => {
  const { client } = await startTestSidecar(context);
  const broken = planText().replace("canary: { weight: 10%", "canary: { wieght: 200%");
  await assert.rejects(client.apply(broken.replace("alpha:", "alhpa:")), (error: unknown) => {
    const { code, details } = Object(error);
    assert.equal(code, status.INVALID_ARGUMENT);
    assert.match(details, /wieght/);
    assert.match(details, /alhpa/);
    return true;
  });
  await assert.rejects(client.apply("#".repeat(65_537)), { code: status.INVALID_ARGUMENT });
  assert.deepEqual(await client.list(), []);
});

test("a rollout that is not there is NOT_FOUND for every method", async (context) => {
  const { client } = await startTestSidecar(context);
  const isNotFound = { code: status.NOT_FOUND };
  await assert.rejects(client.get("test"), isNotFound);
  await assert.rejects(client.watch("test", new AbortController().signal).next(), isNotFound);
  for (const change of ["Promote", "Rollback", "Pause", "Resume"] as const) {
    await assert.rejects(client.change(change, NO_REASON), isNotFound, change);
  }
});

test("commands move the rollout, with who asked and why in its reason", async (context) => {
  const { client } = await startTestSidecar(context);
  await client.apply(planText());
  const paused = await client.change("Pause", { name: "test", reason: "lunch" });
  assert.equal(paused.phase, Phase.PHASE_PAUSED);
  assert.equal(paused.reason, "lunch (asked by local caller)");
  const resumed = await client.change("Resume", NO_REASON);
  assert.equal(resumed.phase, Phase.PHASE_PROGRESSING);
  assert.match(resumed.reason, /asked by/);
  const promoted = await client.change("Promote", NO_REASON);
  assert.equal(promoted.phase, Phase.PHASE_PROMOTED);
  assert.equal(promoted.traffic?.candidateBp, 10_000);
});

test("case 54: pausing twice is one event", async (context) => {
  const { client } = await startTestSidecar(context);
  await client.apply(planText());
  const once = await client.change("Pause", NO_REASON);
  const twice = await client.change("Pause", NO_REASON);
  assert.equal(Number(twice.revision), Number(once.revision));
});

test("an ended rollout refuses every command", async (context) => {
  const { client } = await startTestSidecar(context);
  await client.apply(planText());
  await client.change("Rollback", NO_REASON);
  for (const change of ["Promote", "Rollback", "Pause", "Resume"] as const) {
    await assert.rejects(client.change(change, NO_REASON), {
      code: status.FAILED_PRECONDITION,
    });
  }
  assert.equal((await client.get("test")).phase, Phase.PHASE_ROLLED_BACK);
});

test("case 53: a change that names an old revision is ABORTED, and the present one is taken", async (context) => {
  const { client } = await startTestSidecar(context);
  const { revision } = await client.apply(planText());
  const paused = await client.change("Pause", { ...NO_REASON, revision: Number(revision) });
  await assert.rejects(client.change("Promote", { ...NO_REASON, revision: Number(revision) }), {
    code: status.ABORTED,
  });
  assert.equal(Number((await client.get("test")).revision), Number(paused.revision));
});

test("a reason of more than 1,000 characters is refused", async (context) => {
  const { client } = await startTestSidecar(context);
  await client.apply(planText());
  const long = { name: "test", reason: "x".repeat(1_001) };
  await assert.rejects(client.change("Pause", long), { code: status.INVALID_ARGUMENT });
});

test("watching shows the rollout as it is, then every change of it", async (context) => {
  const { client } = await startTestSidecar(context);
  await client.apply(planText());
  const watching = new AbortController();
  context.after(() => watching.abort());
  const phases: understudy.v1.Phase[] = [];
  const changes = ["Pause", "Resume", "Promote"] as const;
  for await (const rollout of client.watch("test", watching.signal)) {
    const isNew = phases.at(-1) !== rollout.phase;
    phases.push(...(isNew ? [rollout.phase] : []));
    const change = isNew ? changes[phases.length - 1] : undefined;
    await (change === undefined ? undefined : client.change(change, NO_REASON));
    if (rollout.phase === Phase.PHASE_PROMOTED) {
      break;
    }
  }
  const { PHASE_PROGRESSING, PHASE_PAUSED, PHASE_PROMOTED } = Phase;
  assert.deepEqual(phases, [PHASE_PROGRESSING, PHASE_PAUSED, PHASE_PROGRESSING, PHASE_PROMOTED]);
});

test("a watcher hears of a rollout under way every second, though nothing changes", async (context) => {
  const { client } = await startTestSidecar(context);
  await client.apply(planText());
  const watching = new AbortController();
  context.after(() => watching.abort());
  const heard: number[] = [];
  for await (const { revision } of client.watch("test", watching.signal)) {
    heard.push(Number(revision));
    if (heard.length === 3) {
      break;
    }
  }
  assert.deepEqual(heard, [1, 1, 1]);
});

test("every change is logged once, with what it was", async (context) => {
  const { client, logged } = await startTestSidecar(context);
  await client.apply(planText());
  await client.change("Promote", { name: "test", reason: "because" });
  const decided = logged.filter(({ message }) => message === "decided");
  const kinds = decided.map(({ fields }) => Object(fields).kind);
  assert.deepEqual(kinds, ["started", "promoted"]);
});
