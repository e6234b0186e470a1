import assert from "node:assert/strict";
import { test } from "node:test";
import { poissonTimesMs, seededRandom } from "../../bench/load/random.ts";
import { makeRequests } from "../../bench/load/requests.ts";

test("requests are the same in every run, each with a key of its own", () => {
  const requests = makeRequests();
  assert.deepEqual(requests, makeRequests());
  const keys = requests.map((request) => /x-patient-id: (\S+)/.exec(request.toString())?.[1]);
  assert.equal(new Set(keys).size, requests.length);
});

test("a request says its body's length, and the body is JSON of about 80 bytes", () => {
  for (const request of makeRequests()) {
    const [head = "", body = ""] = request.toString().split("\r\n\r\n");
    assert.equal(Number(/content-length: (\d+)/.exec(head)?.[1]), body.length);
    assert.equal(typeof JSON.parse(body), "object");
    assert.ok(body.length >= 70 && body.length <= 90, body);
  }
});

test("seeded numbers are within [0, 1) and repeat for their seed", () => {
  const draw = (seed: number): number[] => Array.from({ length: 1000 }, seededRandom(seed));
  assert.deepEqual(draw(3), draw(3));
  assert.notDeepEqual(draw(3), draw(4));
  assert.ok(draw(3).every((value) => value >= 0 && value < 1));
});

test("due times rise, end in time, and are as many as the rate says", () => {
  const times = poissonTimesMs(2000, 10_000, 5);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  assert.ok(times.every((time) => time >= 0 && time < 10_000));
  assert.ok(Math.abs(times.length - 20_000) < 5 * Math.sqrt(20_000), `${times.length}`);
});
