import assert from "node:assert/strict";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { understudy } from "#proto";
import type { Rollout } from "../../sidecar/cli/client.ts";
import { FakeFilter, wireAnswer, wireObservation } from "../support/fakeFilter.ts";
import { callHeaders, frame, message, RawConnection, TYPE } from "../support/rawGrpc.ts";
import { planText, startTestSidecar, type TestSidecar } from "../support/testSidecar.ts";
import { until } from "../support/until.ts";

const OBSERVE = "/understudy.v1.ObserveService/Observe";

async function reaches(sidecar: TestSidecar, metric: string, atLeast: number): Promise<void> {
  const what = `${metric} reaches ${atLeast}`;
  await until(async () => (await sidecar.metric(metric)) >= atLeast, { deadlineMs: 5_000, what });
}

const garbage: readonly { name: string; bytes: Buffer }[] = [
  { name: "nothing", bytes: Buffer.alloc(0) },
  { name: "random bytes", bytes: Buffer.from("deadbeefcafe0badf00d", "hex") },
  { name: "a length beyond the end", bytes: Buffer.of(0x12, 0xff, 0x01, 0x00) },
  { name: "a varint of 11 bytes", bytes: Buffer.of(0x08, ...Array<number>(11).fill(0xff)) },
  { name: "groups, 10,000 deep", bytes: Buffer.alloc(10_000, 0x0b) },
  { name: "an unknown field of 200 kB", bytes: unknownField(200_000) },
];

function unknownField(length: number): Buffer {
  const size = Buffer.of(0x80 | (length & 0x7f), 0x80 | ((length >> 7) & 0x7f), length >> 14);
  return Buffer.concat([Buffer.of(0x7a), size, Buffer.alloc(length)]);
}

for (const { name, bytes } of garbage) {
  test(`case 35: a message of ${name} ends the stream and is counted`, async (context) => {
    const sidecar = await startTestSidecar(context);
    const filter = sidecar.filter();
    await filter.ready();
    filter.say(bytes);
    assert.equal((await filter.ended()).code, status.INVALID_ARGUMENT);
    const metric = 'understudy_filter_streams_closed_total{reason="garbage"}';
    assert.equal(await sidecar.metric(metric), 1);
  });
}

test("case 40: a filter that ignores its credit is closed at the first overrun", async (context) => {
  const sidecar = await startTestSidecar(context, { limits: { creditBytes: 10_000 } });
  const filter = sidecar.filter();
  await filter.ready();
  const body = Buffer.alloc(11_000);
  filter.observe([wireObservation({ answer: wireAnswer({ body, bodyBytes: body.length }) })]);
  const { code, details } = await filter.ended();
  assert.equal(code, status.RESOURCE_EXHAUSTED);
  assert.match(details, /over what was granted/);
  const counted = 'understudy_filter_streams_closed_total{reason="credit"}';
  assert.equal(await sidecar.metric(counted), 1);
});

test("case 41: a filter that never reads is closed with its connection", async (context) => {
  const sidecar = await startTestSidecar(context, { limits: { unreadMs: 200 } });
  const noWindow = Buffer.of(0, 4, 0, 0, 0, 0);
  const raw = new RawConnection(context, sidecar.grpc, { settings: noWindow });
  const say = (said: understudy.v1.FilterMessage.$Properties): void => {
    const bytes = Buffer.from(understudy.v1.FilterMessage.encode(said).finish());
    raw.send(frame(TYPE.data, { stream: 1, payload: message(bytes) }));
  };
  raw.send(callHeaders(1, OBSERVE));
  const hello = { source: "0".repeat(32), protocolVersion: 1, rollouts: ["a"], nextSequence: 1 };
  say({ hello });
  for (let sequence = 1; sequence < 100; sequence += 1) {
    say({ batch: { sequence } });
  }
  await raw.closed("unread");
  assert.equal(await sidecar.metric('understudy_sessions_closed_total{reason="unread"}'), 1);
});

test("a message that takes too long ends the connection", async (context) => {
  const sidecar = await startTestSidecar(context, { limits: { messageMs: 300 } });
  const raw = new RawConnection(context, sidecar.grpc);
  raw.send(callHeaders(1, OBSERVE));
  raw.send(frame(TYPE.data, { stream: 1, payload: Buffer.of(0, 0, 0, 1, 0, 42) }));
  await raw.closed("slow");
  assert.equal(await sidecar.metric('understudy_sessions_closed_total{reason="slow"}'), 1);
});

test("a filter that reports in force without end is closed", async (context) => {
  const sidecar = await startTestSidecar(context);
  const filter = sidecar.filter();
  await filter.ready();
  for (let said = 0; said < 1_100; said += 1) {
    filter.say({ inForce: { rollout: "test", generation: said } });
  }
  assert.match((await filter.ended()).details, /too many reports/);
});

test("filters over the bound are refused, those there go on, and a place that is free is taken", async (context) => {
  const sidecar = await startTestSidecar(context, { limits: { filterStreamsMax: 2 } });
  const [one, two] = [sidecar.filter(), sidecar.filter()];
  await one.ready();
  await two.ready();
  assert.equal((await sidecar.filter().ended()).code, status.RESOURCE_EXHAUSTED);
  assert.equal(
    await sidecar.metric('understudy_filter_streams_closed_total{reason="too-many"}'),
    1,
  );
  one.close();
  await until(async () => (await sidecar.metric("understudy_filter_streams")) === 1, {
    deadlineMs: 5_000,
    what: "the stream is gone",
  });
  await sidecar.filter().ready();
  await two.acknowledgedUpTo(two.observe([wireObservation()]));
});

test("watchers over the bound are refused and counted", async (context) => {
  const sidecar = await startTestSidecar(context, { limits: { watchersMax: 1 } });
  await sidecar.client.apply(planText());
  const watching = new AbortController();
  context.after(() => watching.abort());
  const first = sidecar.client.watch("test", watching.signal);
  await first.next();
  const second = sidecar.client.watch("test", watching.signal);
  await assert.rejects(second.next(), { code: status.RESOURCE_EXHAUSTED });
  assert.equal(await sidecar.metric("understudy_watchers_refused_total"), 1);
  assert.equal(await sidecar.metric("understudy_watchers"), 1);
});

test("rollouts over the bound are refused", async (context) => {
  const sidecar = await startTestSidecar(context, { limits: { rolloutsMax: 2 } });
  await sidecar.client.apply(planText("one"));
  await sidecar.client.apply(planText("two"));
  await assert.rejects(sidecar.client.apply(planText("three")), {
    code: status.RESOURCE_EXHAUSTED,
  });
  assert.equal((await sidecar.client.list()).length, 2);
});

test("changes over the bound are refused while others wait, and each is answered", async (context) => {
  const sidecar = await startTestSidecar(context, { limits: { requestsMax: 4 } });
  const names = Array.from({ length: 40 }, (_, index) => `rollout-${index}`);
  const asked = names.map((name) => sidecar.client.apply(planText(name)));
  const answers = await Promise.allSettled<Rollout>(asked);
  const refused = answers.filter(({ status: outcome }) => outcome === "rejected").length;
  assert.ok(refused > 0 && refused < 40, `${refused} refused`);
  assert.equal((await sidecar.client.list()).length, 40 - refused);
  await reaches(sidecar, 'understudy_requests_refused_total{code="busy"}', refused);
});

test("observations over the queue's bound are dropped and counted, and their credit is given back", async (context) => {
  const sidecar = await startTestSidecar(context, { limits: { queueBytesMax: 50 } });
  const filter = new FakeFilter(sidecar.grpc);
  context.after(() => filter.close());
  await filter.ready();
  const granted = filter.creditBytes;
  await filter.acknowledgedUpTo(filter.observe([wireObservation(), wireObservation()]));
  assert.equal(filter.creditBytes, granted);
  assert.equal(await sidecar.metric('understudy_batches_total{outcome="queue-full"}'), 1);
  assert.equal(await sidecar.metric('understudy_queue_refused_total{queue="observations"}'), 1);
});
