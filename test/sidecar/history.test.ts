import assert from "node:assert/strict";
import { test } from "node:test";
import { tableFile } from "../support/tables.ts";
import { planText, startTestSidecar } from "../support/testSidecar.ts";
import { run } from "../support/verb.ts";

const approved = planText().replace(
  "    - canary",
  "    - pause: { approval: true }\n    - canary",
);

test("history tells what happened, by whom and why, the newest first and also after a delete", async (context) => {
  const { grpc } = await startTestSidecar(context);
  const at = ["--server", grpc];
  await run("apply", tableFile(context, "plan.yaml", planText()), ...at);
  await run("pause", "test", "--reason", "lunch", ...at);
  const early = await run("delete", "test", ...at);
  assert.deepEqual([early.code, /test/.test(early.err)], [1, true]);
  await run("rollback", "test", "--reason", "odd answers", ...at);
  assert.equal((await run("delete", "test", ...at)).code, 0);
  assert.equal((await run("list", ...at)).out, "");
  const { out } = await run("history", "test", ...at);
  const lines = out.split("\n");
  assert.match(lines[0] ?? "", /^revision {2}at {2,}event {2,}by {2,}why$/);
  const kinds = lines.slice(1).map((line) => line.trim().split(/ {2,}/)[2]);
  assert.deepEqual(kinds, ["deleted", "rolled-back", "paused", "started"]);
  assert.match(out, /rolled-back {2,}local caller {2,}odd answers/);
});

test("history goes on page by page as far as it is asked to", async (context) => {
  const { grpc } = await startTestSidecar(context);
  const at = ["--server", grpc];
  await run("apply", tableFile(context, "plan.yaml", planText()), ...at);
  for (let round = 0; round < 60; round += 1) {
    await run("pause", "test", ...at);
    await run("resume", "test", ...at);
  }
  const all = await run("history", "test", "--limit", "1000", "--output", "json", ...at);
  const { events, before } = JSON.parse(all.out);
  assert.deepEqual([events.length, before], [121, "0"]);
  const some = await run("history", "test", "--limit", "3", ...at);
  const next = /earlier events: --before (\d+)$/.exec(some.out)?.[1] ?? "";
  const older = await run("history", "test", "--limit", "1", "--before", next, ...at);
  assert.match(older.out, new RegExp(`^ +${Number(next) - 1} `, "m"));
});

test("explain tells in sentences where a rollout is and what would move it", async (context) => {
  const { grpc } = await startTestSidecar(context);
  const at = ["--server", grpc];
  await run("apply", tableFile(context, "plan.yaml", planText()), ...at);
  const { code, out } = await run("explain", "test", ...at);
  assert.equal(code, 0);
  assert.match(out, /^test, revision 1\n {2}\S.*\n/);
  assert.match(out, /\nWhat was seen, and what it counts\n {2}\S/);
  assert.match(out, /\nWhat would move it\n {2}\S/);
  const json = await run("explain", "test", "--output", "json", ...at);
  assert.equal(JSON.parse(json.out).name, "test");
});

test("approve lets a rollout go on that waits for it, and is refused where none does", async (context) => {
  const { grpc } = await startTestSidecar(context);
  const at = ["--server", grpc];
  await run("apply", tableFile(context, "plan.yaml", approved), ...at);
  const refused = await run("approve", "test", ...at);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /approval|waits/);
});

test("a request with a key is done once, however often it is sent", async (context) => {
  const { grpc } = await startTestSidecar(context);
  const at = ["--server", grpc];
  const file = tableFile(context, "plan.yaml", planText());
  const apply = ["apply", file, "--idempotency-key", "deploy-17", "--output", "json", ...at];
  const first = JSON.parse((await run(...apply)).out);
  assert.equal(JSON.parse((await run(...apply)).out).revision, first.revision);
  const pause = ["pause", "test", "--idempotency-key", "hold-1", "--output", "json", ...at];
  assert.equal(JSON.parse((await run(...pause)).out).revision, "2");
  assert.equal(JSON.parse((await run(...pause)).out).revision, "2");
  const other = await run("resume", "test", "--idempotency-key", "hold-1", ...at);
  assert.equal(other.code, 1);
});
