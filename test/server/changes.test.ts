import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { understudy } from "#proto";
import type { Change } from "../../sidecar/cli/client.ts";
import { KEYS_MAX } from "../../sidecar/core/rollout/requestKey.ts";
import { planText, startTestSidecar } from "../support/testSidecar.ts";

const { Phase } = understudy.v1;
const NO_REASON = { name: "test", reason: "" };

/** A plan that waits for an approval before it begins with copies. */
const approvalPlan: string = planText().replace("    - shadow", "    - pause: {}\n    - shadow");

test("an approval ends the pause that waits for it, once, and nothing else", async (context) => {
  const { client } = await startTestSidecar(context);
  const waiting = await client.apply(approvalPlan);
  assert.equal(waiting.steps[0], "pause for approval");
  const approved = await client.change("Approve", { name: "test", reason: "looks good" });
  assert.equal(approved.step, 1);
  assert.equal(approved.reason, "looks good (asked by local caller)");
  await assert.rejects(client.change("Approve", NO_REASON), { code: status.FAILED_PRECONDITION });
});

test("case 54: the same approve twice, under one key, is one event and two answers", async (context) => {
  const { client } = await startTestSidecar(context);
  await client.apply(approvalPlan);
  const both = [1, 2].map(() => client.change("Approve", NO_REASON, "approve-1"));
  const [first, second] = await Promise.all(both);
  assert.deepEqual(second?.toJSON(), first?.toJSON());
  const { events } = await client.history("test");
  assert.deepEqual(
    events.map(({ kind, key }) => [kind, key]),
    [
      ["step-advanced", "approve-1"],
      ["started", ""],
    ],
  );
});

test("a deleted rollout is gone for every method but its history, and its name begins where it ended", async (context) => {
  const { client, metric } = await startTestSidecar(context);
  const started = await client.apply(planText());
  await assert.rejects(client.change("Delete", NO_REASON), { code: status.FAILED_PRECONDITION });
  const ended = await client.change("Rollback", NO_REASON);
  assert.equal(await metric('understudy_rollout_generation{rollout="test"}'), 2);
  const deleted = await client.change("Delete", NO_REASON);
  assert.equal(Number(deleted.revision), Number(ended.revision) + 1);
  assert.deepEqual(await client.list(), []);
  assert.equal(await metric('understudy_rollout_generation{rollout="test"}'), 0);
  const isNotFound = { code: status.NOT_FOUND };
  await assert.rejects(client.get("test"), isNotFound);
  await assert.rejects(client.explain("test"), isNotFound);
  await assert.rejects(client.change("Delete", NO_REASON), isNotFound);
  await assert.rejects(client.watch("test", new AbortController().signal).next(), isNotFound);
  assert.equal((await client.history("test")).events[0]?.kind, "deleted");
  const again = await client.apply(planText());
  assert.equal(again.phase, Phase.PHASE_PROGRESSING);
  assert.ok(Number(again.traffic?.generation) > Number(ended.traffic?.generation));
  assert.ok(Number(again.revision) > Number(deleted.revision));
  assert.ok(Number(again.revision) > Number(started.revision));
});

test("who watches a rollout is told when it is deleted", async (context) => {
  const { client, metric } = await startTestSidecar(context);
  await client.apply(planText());
  await client.change("Rollback", NO_REASON);
  const watching = client.watch("test", new AbortController().signal);
  await watching.next();
  const end = assert.rejects(watching.next(), { code: status.NOT_FOUND });
  await client.change("Delete", NO_REASON);
  await end;
  assert.equal(await metric("understudy_watchers"), 0);
});

test("deleted rollouts make room for others", async (context) => {
  const { client } = await startTestSidecar(context, { limits: { rolloutsMax: 1 } });
  await client.apply(planText("one"));
  await assert.rejects(client.apply(planText("two")), { code: status.RESOURCE_EXHAUSTED });
  await client.change("Rollback", { name: "one", reason: "" });
  await client.change("Delete", { name: "one", reason: "" });
  await client.apply(planText("two"));
  await assert.rejects(client.apply(planText("one")), { code: status.RESOURCE_EXHAUSTED });
});

test("no more names are used than two for each rollout that may be listed", async (context) => {
  const { client } = await startTestSidecar(context, { limits: { rolloutsMax: 1 } });
  const names = Array.from({ length: 2 }, (_, index) => `name-${index}`);
  for (const name of names) {
    await client.apply(planText(name));
    await client.change("Rollback", { name, reason: "" });
    await client.change("Delete", { name, reason: "" });
  }
  await assert.rejects(client.apply(planText("one-more")), { code: status.RESOURCE_EXHAUSTED });
  await client.apply(planText("name-0"));
});

test("the same request under one key is done once, however many race, and another one is refused", async (context) => {
  const { client } = await startTestSidecar(context);
  const applied = await Promise.all(
    Array.from({ length: 20 }, () => client.apply(planText(), { key: "deploy-7" })),
  );
  assert.deepEqual([...new Set(applied.map(({ revision }) => Number(revision)))], [1]);
  const isReused = { code: status.ALREADY_EXISTS };
  await assert.rejects(client.apply(planText("test", "v3"), { key: "deploy-7" }), isReused);
  await assert.rejects(client.change("Pause", NO_REASON, "deploy-7"), isReused);
  await client.change("Pause", NO_REASON, "pause-1");
  await client.change("Resume", NO_REASON);
  const repeated = await client.change("Pause", NO_REASON, "pause-1");
  assert.equal(repeated.phase, Phase.PHASE_PROGRESSING);
  assert.equal(Number(repeated.revision), 3);
  await assert.rejects(
    client.change("Pause", { ...NO_REASON, reason: "other" }, "pause-1"),
    isReused,
  );
  await assert.rejects(client.change("Pause", { ...NO_REASON, revision: 3 }, "pause-1"), isReused);
});

test("keys outlive the process, and the rollout that they were given for", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "understudy-keys-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const storePath = join(folder, "rollouts.db");
  const first = await startTestSidecar(context, { storePath });
  await first.client.apply(planText(), { key: "apply-1" });
  await first.client.change("Rollback", NO_REASON, "back-1");
  await first.client.change("Delete", NO_REASON, "delete-1");
  await first.stop();
  const { client } = await startTestSidecar(context, { storePath });
  const deleted = await client.change("Delete", NO_REASON, "delete-1");
  assert.equal(Number(deleted.revision), 3);
  assert.equal(Number((await client.apply(planText(), { key: "apply-1" })).revision), 3);
  assert.deepEqual(await client.list(), []);
  await assert.rejects(client.apply(planText("test", "v3"), { key: "apply-1" }), {
    code: status.ALREADY_EXISTS,
  });
  assert.equal(Number((await client.apply(planText(), { key: "apply-2" })).revision), 4);
});

test("the last keys of a name are remembered, and no more", async (context) => {
  const { client } = await startTestSidecar(context);
  await client.apply(planText(), { key: "key-0" });
  for (let index = 1; index < KEYS_MAX; index += 1) {
    await client.change(index % 2 === 1 ? "Pause" : "Resume", NO_REASON, `key-${index}`);
  }
  const last = await client.apply(planText(), { key: "key-0" });
  assert.equal(Number(last.revision), KEYS_MAX);
  await assert.rejects(client.change("Resume", NO_REASON, "key-0"), {
    code: status.ALREADY_EXISTS,
  });
  await client.change("Resume", NO_REASON, "one-more");
  assert.equal(Number((await client.change("Pause", NO_REASON, "key-0")).revision), KEYS_MAX + 2);
});

for (const key of ["", "x".repeat(65), "two words"]) {
  test(`a key of ${key.length} characters as ${JSON.stringify(key.slice(0, 9))} is refused, and nothing done`, async (context) => {
    const { client } = await startTestSidecar(context);
    await assert.rejects(client.apply(planText(), { key }));
    assert.deepEqual(await client.list(), []);
  });
}

test("a plan is applied only on the revision that its author knows", async (context) => {
  const { client } = await startTestSidecar(context);
  await assert.rejects(client.apply(planText(), { revision: 1 }), { code: status.ABORTED });
  await client.apply(planText());
  const ended = await client.change("Rollback", NO_REASON);
  await assert.rejects(client.apply(planText("test", "v3"), { revision: 1 }), {
    code: status.ABORTED,
  });
  const next = await client.apply(planText("test", "v3"), { revision: Number(ended.revision) });
  assert.equal(next.candidate, "v3");
});

test("every change asks for the revision that the caller knows", async (context) => {
  const { client } = await startTestSidecar(context);
  await client.apply(planText());
  const changes: readonly Change[] = [
    "Promote",
    "Rollback",
    "Pause",
    "Resume",
    "Approve",
    "Delete",
  ];
  for (const change of changes) {
    await assert.rejects(client.change(change, { ...NO_REASON, revision: 7 }), {
      code: status.ABORTED,
    });
  }
  assert.equal(Number((await client.get("test")).revision), 1);
});

test("a second promotion is refused, and the first stands", async (context) => {
  const { client } = await startTestSidecar(context);
  await client.apply(planText());
  const answers = await Promise.allSettled([
    client.change("Promote", NO_REASON),
    client.change("Promote", NO_REASON),
  ]);
  assert.deepEqual(answers.map(({ status: outcome }) => outcome).sort(), ["fulfilled", "rejected"]);
  await assert.rejects(client.change("Promote", NO_REASON), { code: status.FAILED_PRECONDITION });
  assert.equal((await client.get("test")).phase, Phase.PHASE_PROMOTED);
});

test("every change that is asked for is one line of the log, done or refused, with who and why", async (context) => {
  const { client, logged } = await startTestSidecar(context);
  const { reason } = await client.apply(planText(), { key: "deploy-7", reason: "release 7" });
  assert.equal(reason, "release 7 (started by local caller)");
  await client.change("Pause", { name: "test", reason: "lunch" });
  await assert.rejects(client.change("Approve", { name: "test", reason: "please" }));
  await assert.rejects(client.apply("nonsense"));
  await client.get("test");
  const lines = logged.filter(({ message }) => message === "asked for");
  const common = { who: "local caller", via: "grpc" };
  const fields = lines.map((line) => line.fields);
  const [applied, paused, refused, nonsense] = fields.map((each) => ({ ...Object(each) }));
  const done = { ...common, rollout: "test", outcome: "done" };
  assert.deepEqual(applied, {
    ...done,
    what: "apply",
    why: "release 7",
    key: "deploy-7",
    revision: 1,
  });
  assert.deepEqual(paused, { ...done, what: "pause", why: "lunch", key: undefined, revision: 2 });
  assert.equal(refused?.outcome, "refused");
  assert.match(refused?.answer, /no approval is waited for/);
  assert.equal(refused?.why, "please");
  assert.equal(nonsense?.outcome, "invalid");
  assert.equal(lines.length, 4);
});
