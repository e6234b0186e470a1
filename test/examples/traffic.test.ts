import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import {
  isInWorseHealth,
  type Patient,
  readPatients,
} from "../../examples/patient-risk/patients.ts";
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
  const persons = new Set(patients.map(({ person }) => Number(person) % 10));
  assert.deepEqual(
    [...persons].sort((a, b) => a - b),
    [7, 8, 9],
  );
});

test("patients in worse health are some of those served, and more of them need much care", () => {
  const worse = patients.filter(isInWorseHealth);
  const shareOf = (some: readonly Patient[]): number =>
    some.filter(({ highUse }) => highUse).length / some.length;
  assert.equal(worse.length, 953);
  assert.ok(shareOf(worse) > 1.5 * shareOf(patients), `${shareOf(worse)}`);
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

test("whoever watches is told of each request that has ended, however it did, by the id that it carried", async (context) => {
  const bodies: string[] = [];
  const traffic = await trafficTo(context, async (request, response) => {
    const { id } = JSON.parse(await text(request));
    bodies.push(id);
    response.writeHead(Number(id) % 2 === 0 ? 200 : 500).end();
  });
  const told: string[] = [];
  const endsWith = (odd: number): boolean => told.some((id) => Number(id) % 2 === odd);
  const unwatch = traffic.watch(({ id }) => told.push(id));
  const enough = (): boolean => told.length >= 20 && endsWith(0) && endsWith(1);
  await until(enough, { deadlineMs: 5_000, what: "20 are told of, good and bad" });
  unwatch();
  const count = told.length;
  const answered = bodies.length;
  await until(() => bodies.length > answered + 20, { deadlineMs: 5_000, what: "20 more requests" });
  assert.equal(told.length, count);
  assert.ok(told.every((id) => bodies.includes(id)));
  assert.equal(new Set(bodies).size, bodies.length);
});

test("other patients come from the moment they are to be served", async (context) => {
  const persons: (string | string[] | undefined)[] = [];
  const traffic = await trafficTo(context, (request, response) => {
    request.resume();
    persons.push(request.headers["x-patient-id"]);
    response.end();
  });
  await until(() => new Set(persons).size > 10, { deadlineMs: 5_000, what: "some have come" });
  traffic.serve(patients.slice(0, 1));
  const onlyOne = (): boolean => persons.length > 10 && new Set(persons.slice(-10)).size === 1;
  await until(onlyOne, { deadlineMs: 5_000, what: "only the one comes" });
  assert.equal(persons.at(-1), patients[0]?.person);
});

test("draws of one seed are the same, and spread evenly", () => {
  const drawn = (seed: number): number[] => Array.from({ length: 10_000 }, uniform(seed));
  assert.deepEqual(drawn(1), drawn(1));
  const mean = drawn(1).reduce((sum, draw) => sum + draw, 0) / 10_000;
  assert.ok(Math.abs(mean - 0.5) < 0.01);
});
