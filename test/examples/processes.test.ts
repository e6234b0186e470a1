import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Running, startNode } from "../../examples/patient-risk/processes.ts";

async function start(context: TestContext, code: string): Promise<Running<number>> {
  const folder = await mkdtemp(join(tmpdir(), "understudy-process-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const args = ["--eval", code];
  const ready = ({ port }: Readonly<Record<string, unknown>>): number | undefined =>
    typeof port === "number" ? port : undefined;
  return await startNode({ name: "it", args, folder, ready });
}

test("a process is ready when it says so, and is gone when it was stopped", async (context) => {
  const running = await start(
    context,
    `console.log("hello"); console.log(JSON.stringify({ port: process.pid })); setInterval(() => {}, 1000)`,
  );
  process.kill(running.ready, 0);
  await running.stop();
  assert.throws(() => process.kill(running.ready, 0), { code: "ESRCH" });
});

test("a process that ends before it is ready is an error with what it last said", async (context) => {
  await assert.rejects(start(context, `console.error("no luck"); process.exit(3)`), {
    message: /it has ended by itself; it last said:\nno luck/,
  });
});

test("a process that ends later without being stopped is noticed", async (context) => {
  const running = await start(context, `console.log('{"port":1}'); setTimeout(() => {}, 50)`);
  await assert.rejects(running.failed, { message: /it has ended by itself/ });
});
