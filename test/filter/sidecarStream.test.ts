import assert from "node:assert/strict";
import { test } from "node:test";
import { understudy } from "#proto";
import {
  acknowledge,
  configOf,
  greet,
  headersOf,
  openStream,
  said,
  sendTraffic,
  stage,
  trafficOf,
} from "../support/filterStage.ts";
import { WasmHost } from "../support/wasmHost.ts";
import { REFUSED } from "../support/wasmState.ts";

const { DropReason, SidecarMessage } = understudy.v1;
const single = trafficOf({ shadowBp: 0 });

function serve(host: WasmHost, count: number): void {
  for (let i = 0; i < count; i++) host.answer(host.request(1, headersOf(`u${i}`)), 200, "ok");
}

test("the first message says who speaks, which version, and what it serves", () => {
  const host = stage(configOf(), trafficOf({ generation: 7 }));
  const [hello] = said(host).hellos;
  assert.match(hello?.source ?? "", /^[0-9a-f]{32}$/);
  assert.equal(hello?.nodeId, "node-1");
  assert.equal(hello?.protocolVersion, 1);
  assert.deepEqual(hello?.rollouts, ["r1"]);
  assert.equal(Number(hello?.nextSequence), 1);
  host.closeStream(openStream(host));
  host.tick(1, 6000);
  const again = said(host).hellos[1];
  assert.equal(again?.source, hello?.source);
  assert.equal(Number(again?.inForce?.[0]?.generation), 7);
});

test("case 24: the stream's service is a GrpcService with an authority", () => {
  const host = new WasmHost();
  host.configure({ ...configOf(), sidecar: { cluster: "outbound|1||x", authority: "side" } });
  host.tick(1);
  const service = "\x0a\x15\x0a\x0doutbound|1||x\x12\x04side";
  assert.deepEqual(host.services, [service]);
});

test("observations wait without credit, and leave inside it", () => {
  const host = new WasmHost();
  host.configure(configOf());
  host.tick(1);
  greet(host, single, 2000);
  serve(host, 100);
  const sent = said(host).batches.length;
  const before = said(host).observations.length;
  assert.ok(before > 0 && before < 100);
  acknowledge(host, sent, 1e6);
  assert.equal(said(host).observations.length, 100);
  const bytes = [...host.streams.values()].flatMap((one) => one.messages).map((one) => one.length);
  assert.ok(Math.max(...bytes.slice(0, 3)) <= 2000);
});

test("batches are numbered without a gap, each no larger than the sidecar takes", () => {
  const host = stage(configOf(), single);
  serve(host, 1000);
  const { batches, observations } = said(host);
  assert.deepEqual(
    batches.map((batch) => Number(batch.sequence)),
    batches.map((_, i) => i + 1),
  );
  assert.equal(observations.length, 1000);
  const ids = new Set(observations.map((one) => one.requestId));
  assert.equal(ids.size, 1000);
});

test("what is lost with a stream is not sent again, and numbering goes on", () => {
  const host = stage(configOf(), single);
  serve(host, 10);
  host.tick(1);
  host.closeStream(openStream(host));
  serve(host, 5);
  host.tick(1, 6000);
  greet(host);
  const { hellos, batches, observations } = said(host);
  assert.equal(Number(hellos[1]?.nextSequence), 2);
  assert.deepEqual(
    batches.map((batch) => Number(batch.sequence)),
    [1, 2],
  );
  assert.equal(observations.length, 15);
});

const losses: { name: string; credit: number; close: boolean; reason: number }[] = [
  { name: "no credit", credit: 0, close: false, reason: DropReason.DROP_REASON_NO_CREDIT },
  { name: "no sidecar", credit: 0, close: true, reason: DropReason.DROP_REASON_NO_SIDECAR },
];

for (const { name, credit, close, reason } of losses) {
  test(`with ${name} the queue is bounded, and what it can't hold is counted`, () => {
    const host = new WasmHost();
    host.configure(configOf({ shadow: { paths: [{ prefix: "/" }], bodyBytesMax: 100_000 } }));
    host.tick(1);
    greet(host, trafficOf(), credit);
    if (close) host.closeStream(openStream(host));
    for (let i = 0; i < 60; i++) {
      host.answer(host.request(1, headersOf(`u${i}`)), 200, "m".repeat(50_000));
      host.answerCall(host.onlyCall()[0], [[":status", "200"]], Buffer.alloc(50_000));
    }
    if (close) {
      host.tick(1, 6000);
      greet(host, undefined, 1e8);
    } else acknowledge(host, 0, 1e8);
    for (let i = 0; i < 20; i++) host.tick(1);
    const { observations, drops } = said(host);
    assert.ok(observations.length >= 39 && observations.length <= 42, `${observations.length}`);
    assert.deepEqual(
      drops.map((drop) => drop.reason),
      [reason],
    );
    assert.equal(observations.length + Number(drops[0]?.count), 60);
  });
}

test("case 19: a stream that ends in any state is opened again, after a wait", () => {
  const host = new WasmHost();
  host.configure(configOf());
  for (let i = 0; i < 200; i++) {
    host.tick(1, 50);
    const token = openStream(host);
    const steps = [
      (): void => host.closeStream(token),
      (): void => greet(host, single),
      (): void => host.receive(token, Buffer.from("garbage")),
    ];
    steps[i % steps.length]?.();
  }
  assert.ok(host.streams.size >= 2 && host.streams.size < 60, `${host.streams.size} streams`);
});

test("a cluster without hosts is tried again and again, callbacks out of turn included", () => {
  const host = new WasmHost();
  host.configure(configOf());
  host.streamStatus = REFUSED;
  host.duringOpen = (): void => host.closeStream(6);
  for (let i = 0; i < 100; i++) host.tick(1, 1000);
  assert.equal(host.streams.size, 0);
  host.streamStatus = 0;
  host.duringOpen = undefined;
  host.tick(1, 6000);
  greet(host, single);
  serve(host, 1);
  assert.equal(said(host).observations.length, 1);
});

test("a sidecar that does not greet, or falls silent, is left", () => {
  const host = new WasmHost();
  host.configure(configOf());
  host.tick(1);
  const first = openStream(host);
  for (let i = 0; i < 120; i++) host.tick(1);
  assert.equal(host.streams.get(first)?.open, false);
  for (let i = 0; i < 20; i++) host.tick(1);
  greet(host, single);
  const second = openStream(host);
  for (let i = 0; i < 400; i++) host.tick(1);
  assert.equal(host.streams.get(second)?.open, true, "nothing to acknowledge, nothing to miss");
  serve(host, 1);
  for (let i = 0; i < 400; i++) host.tick(1);
  assert.equal(host.streams.get(second)?.open, false);
});

test("case 20: garbage from the sidecar is counted, and the last good traffic kept", () => {
  const host = stage(configOf(), trafficOf({ candidateBp: 10_000, shadowBp: 0 }));
  const token = openStream(host);
  host.receive(token, Buffer.alloc(100, 0xff));
  host.receive(token, Buffer.alloc(70_000));
  host.receive(token, new Uint8Array(0));
  host.receive(999, SidecarMessage.encode({ traffic: trafficOf({ generation: 9 }) }).finish());
  const id = host.request(1, headersOf("u1"));
  const served = host.stream(id).requestHeaders.at(-1);
  assert.deepEqual(served, ["x-understudy-variant", "v2"]);
  host.tick(1);
  assert.equal(host.counter("messages_malformed"), 2);
});

test("a new worker starts with the last traffic known, and never goes back", () => {
  const first = stage(configOf(), trafficOf({ generation: 5, candidateBp: 10_000, shadowBp: 0 }));
  const second = new WasmHost(first.shared);
  second.configure(configOf());
  const id = second.request(1, headersOf("u1"));
  assert.deepEqual(second.stream(id).requestHeaders.at(-1), ["x-understudy-variant", "v2"]);
  second.tick(1);
  greet(second);
  sendTraffic(second, trafficOf({ generation: 4 }));
  assert.equal(said(second).inForce.at(-1)?.refused, "generation: 4: at least 5");
});

test("an observation larger than any message the sidecar takes is dropped, and holds up no other", () => {
  const host = new WasmHost();
  host.configure(configOf({ shadow: { paths: [{ prefix: "/" }], bodyBytesMax: 50_000 } }));
  host.tick(1);
  const limits = { messageBytesMax: 16_384, creditBytes: 1e6 };
  host.receive(openStream(host), SidecarMessage.encode({ limits }).finish());
  sendTraffic(host, trafficOf());
  host.answer(host.request(1, headersOf("large")), 200, "m".repeat(20_000));
  host.answerCall(host.onlyCall()[0], [[":status", "200"]]);
  host.answer(host.request(1, headersOf("small")), 200, "m");
  host.answerCall(host.onlyCall()[0], [[":status", "200"]]);
  const { observations, drops } = said(host);
  assert.deepEqual(
    observations.map((one) => one.requestId),
    ["id-small"],
  );
  assert.deepEqual(
    drops.map((one) => one.reason),
    [DropReason.DROP_REASON_QUEUE_FULL],
  );
});
