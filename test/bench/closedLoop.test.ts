import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { ClosedLoop } from "../../bench/load/closedLoop.ts";
import { makeRequests } from "../../bench/load/requests.ts";

/** A load on a server of its own. */
async function loadOn(context: TestContext, answer: RequestListener): Promise<ClosedLoop> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const load = await ClosedLoop.open(port, makeRequests());
  context.after(() => {
    load.close();
    server.close();
    server.closeAllConnections();
  });
  return load;
}

function counting(status = 200): { readonly count: number; readonly answer: RequestListener } {
  const counted = {
    count: 0,
    answer: ((request, response) => {
      counted.count += 1;
      request.resume().on("end", () => {
        response.writeHead(status, { "content-length": 2 }).end("{}");
      });
    }) satisfies RequestListener,
  };
  return counted;
}

test("a run sends just as many requests as it is told, run after run over the same connections", async (context) => {
  const server = counting();
  const load = await loadOn(context, server.answer);
  for (const [count, sent] of [
    [100, 100],
    [7, 107],
    [1, 108],
  ] as const) {
    await load.run(count);
    assert.equal(server.count, sent);
  }
});

test("a run in which a request failed is no measurement", async (context) => {
  const load = await loadOn(context, counting(503).answer);
  await assert.rejects(load.run(5), /5 of 5 requests failed/);
});

test("a run whose connection breaks says so, and so does every later one", async (context) => {
  const load = await loadOn(context, (request) => request.socket.destroy());
  await assert.rejects(load.run(5), /a connection broke under load/);
  await assert.rejects(load.run(5), /a connection broke under load/);
});
