import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { ClosedLoop } from "../../bench/load/closedLoop.ts";
import { makeRequests } from "../../bench/load/requests.ts";
import { type Answering, type Receiver, startReceiver } from "../support/receiver.ts";

const answering =
  (status: number): Answering =>
  (response) =>
    response.writeHead(status, { "content-length": 2 }).end("{}");

/** A load on a server of its own. */
async function loadOn(
  context: TestContext,
  answer: Answering,
): Promise<{ readonly load: ClosedLoop; readonly server: Receiver }> {
  const server = await startReceiver(context, { answering: answer });
  const load = await ClosedLoop.open(Number(new URL(server.url).port), makeRequests());
  context.after(() => load.close());
  return { load, server };
}

test("a run sends just as many requests as it is told, run after run over the same connections", async (context) => {
  const { load, server } = await loadOn(context, answering(200));
  for (const [count, sent] of [
    [100, 100],
    [7, 107],
    [1, 108],
  ] as const) {
    await load.run(count);
    assert.equal(server.received.length, sent);
  }
});

test("a run in which a request failed is no measurement", async (context) => {
  const { load } = await loadOn(context, answering(503));
  await assert.rejects(load.run(5), /5 of 5 requests failed/);
});

test("a run whose connection breaks says so, and so does every later one", async (context) => {
  const { load } = await loadOn(context, (response) => response.destroy());
  await assert.rejects(load.run(5), /a connection broke under load/);
  await assert.rejects(load.run(5), /a connection broke under load/);
});
