import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { type TestContext, test } from "node:test";
import { readPatients } from "../../examples/patient-risk/patients.ts";
import { uniform } from "../../examples/patient-risk/random.ts";
import { type RunningTraffic, startTraffic } from "../../examples/patient-risk/traffic.ts";
import { until } from "../support/until.ts";

const patients = await readPatients();

async function trafficTo(context: TestContext, answer: RequestListener): Promise<RunningTraffic> {
  const server = createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const load = { path: "/", requestsPerSecond: 500, patients, seed: 3 };
  const traffic = startTraffic({ ...load, port: address.port });
  context.after(async () => {
    await traffic.stop();
    server.close();
    server.closeAllConnections();
  });
  return traffic;
}

test("the records hold a request for each serving row, none of them of a person trained on", () => {
  assert.equal(patients.length, 6003);
  const persons = new Set(patients.map(({ patient }) => Number(patient) % 10));
  assert.deepEqual(
    [...persons].sort((a, b) => a - b),
    [7, 8, 9],
  );
});

test("requests are sent whether or not earlier ones are answered, and latency counts from when they were due", async (context) => {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let asked = 0;
  const traffic = await trafficTo(context, async (request, response) => {
    request.resume();
    asked += 1;
    await opened;
    response.end();
  });
  await until(() => asked >= 50, { deadlineMs: 5_000, what: "50 requests are under way" });
  assert.equal(traffic.seen().answered, 0);
  open();
  await until(() => traffic.seen().answered >= 50, { deadlineMs: 5_000, what: "50 answers" });
  assert.equal(traffic.seen().failed, 0);
  // The first of 50 requests at 500 a second waited for about 100 ms.
  assert.ok(traffic.seen().latencyMs.p99 >= 40, `p99 is ${traffic.seen().latencyMs.p99}`);
});

test("what is not answered with 200 is a failure of the version that is named", async (context) => {
  const traffic = await trafficTo(context, (request, response) => {
    request.resume();
    response.writeHead(500, { "x-served-by": "v4" }).end();
  });
  await until(() => traffic.seen().answered >= 20, { deadlineMs: 5_000, what: "20 answers" });
  const { answered, failed, failedBy } = traffic.seen();
  assert.deepEqual([failed, failedBy.get("v4 500")], [answered, answered]);
});

test("draws of one seed are the same, and spread evenly", () => {
  const drawn = (seed: number): number[] => Array.from({ length: 10_000 }, uniform(seed));
  assert.deepEqual(drawn(1), drawn(1));
  const mean = drawn(1).reduce((sum, draw) => sum + draw, 0) / 10_000;
  assert.ok(Math.abs(mean - 0.5) < 0.01);
});
