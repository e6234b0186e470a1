import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { status } from "@grpc/grpc-js";
import { FakeFilter, wireObservation } from "../support/fakeFilter.ts";
import { callHeaders, frame, message, RawConnection, TYPE } from "../support/rawGrpc.ts";
import { type SidecarProcess, startSidecarProcess } from "../support/sidecarProcess.ts";
import { until } from "../support/until.ts";

const OBSERVE = "/understudy.v1.ObserveService/Observe";
const MIB = 1 << 20;

function connectTo(context: TestContext, sidecar: SidecarProcess): FakeFilter {
  const filter = new FakeFilter(sidecar.grpc);
  context.after(() => filter.close());
  return filter;
}

async function closedFor(sidecar: SidecarProcess, reason: string): Promise<void> {
  const metric = `understudy_sessions_closed_total{reason="${reason}"}`;
  await until(async () => (await sidecar.metric(metric)) > 0, {
    deadlineMs: 15_000,
    what: `a connection is closed for ${reason}`,
  });
}

/** The sidecar still does its work for a good filter. */
async function stillServes(context: TestContext, sidecar: SidecarProcess): Promise<void> {
  const filter = connectTo(context, sidecar);
  await filter.ready();
  await filter.acknowledgedUpTo(filter.observe([wireObservation()]));
}

test("case 27: a message of 256 KiB and a byte is refused with status 8, and counted", async (context) => {
  const sidecar = await startSidecarProcess(context);
  const filter = connectTo(context, sidecar);
  await filter.ready();
  filter.say(Buffer.alloc((256 << 10) + 1));
  assert.equal((await filter.ended()).code, status.RESOURCE_EXHAUSTED);
  assert.equal(await sidecar.metric("understudy_messages_too_large_total"), 1);
  await stillServes(context, sidecar);
});

test("a message of exactly 256 KiB is read", async (context) => {
  const sidecar = await startSidecarProcess(context);
  const filter = connectTo(context, sidecar);
  await filter.ready();
  filter.say(Buffer.alloc(256 << 10, 0xff));
  assert.match((await filter.ended()).details, /could not be read/);
});

test("case 28: a gzip bomb is refused without memory", async (context) => {
  const sidecar = await startSidecarProcess(context);
  await stillServes(context, sidecar);
  const bomb = message(gzipSync(Buffer.alloc(128 * MIB)), true);
  const before = sidecar.rssBytes();
  const raw = new RawConnection(context, sidecar.grpc);
  raw.send(gzipHeaders());
  for (let at = 0; at < bomb.length; at += 16_384) {
    raw.send(frame(TYPE.data, { stream: 1, payload: bomb.subarray(at, at + 16_384) }));
  }
  await until(() => raw.frames.filter((type) => type === TYPE.headers).length > 0, {
    deadlineMs: 10_000,
    what: "the call is answered",
  });
  assert.ok(sidecar.rssBytes() - before < 24 * MIB, `${sidecar.rssBytes() - before} bytes more`);
  await stillServes(context, sidecar);
});

function gzipHeaders(): Buffer {
  const plain = callHeaders(1, OBSERVE);
  const name = Buffer.from("grpc-encoding");
  const field = Buffer.concat([Buffer.of(0, name.length), name, Buffer.of(4), Buffer.from("gzip")]);
  const payload = Buffer.concat([plain.subarray(9), field]);
  return frame(TYPE.headers, { flags: 0x4, stream: 1, payload });
}

test("case 29: DATA frames of one byte end the connection before they cost memory", async (context) => {
  const sidecar = await startSidecarProcess(context);
  await stillServes(context, sidecar);
  const before = sidecar.rssBytes();
  const raw = new RawConnection(context, sidecar.grpc);
  raw.send(callHeaders(1, OBSERVE));
  const bytes = message(Buffer.alloc(200_000));
  raw.send(
    Buffer.concat(
      Array.from(bytes, (byte) => frame(TYPE.data, { stream: 1, payload: Buffer.of(byte) })),
    ),
  );
  await raw.closed("tiny frames");
  await closedFor(sidecar, "tiny-frames");
  assert.ok(sidecar.rssBytes() - before < 32 * MIB, `${sidecar.rssBytes() - before} bytes more`);
  await stillServes(context, sidecar);
});

test("case 30: a rapid reset ends the connection", async (context) => {
  const sidecar = await startSidecarProcess(context);
  const raw = new RawConnection(context, sidecar.grpc);
  const cancel = Buffer.of(0, 0, 0, 8);
  for (let stream = 1; stream < 20_000 && !raw.isClosed; stream += 2) {
    raw.send(callHeaders(stream, OBSERVE));
    raw.send(frame(TYPE.resetStream, { stream, payload: cancel }));
  }
  await until(() => raw.isClosed || raw.frames.includes(TYPE.goAway), {
    deadlineMs: 10_000,
    what: "the connection is ended",
  });
  await stillServes(context, sidecar);
});

test("case 31: headers without end are cut off", async (context) => {
  const sidecar = await startSidecarProcess(context);
  const raw = new RawConnection(context, sidecar.grpc);
  const open = callHeaders(1, OBSERVE);
  open.writeUInt8(0, 4);
  raw.send(open);
  for (let sent = 0; sent < 200; sent += 1) {
    raw.send(frame(TYPE.continuation, { stream: 1, payload: Buffer.from("\0\x01a\x01b") }));
  }
  await raw.closed("headers");
  await stillServes(context, sidecar);
});

const floods: readonly { name: string; flood: Buffer }[] = [
  { name: "SETTINGS", flood: frame(TYPE.settings) },
  { name: "PING", flood: frame(TYPE.ping, { payload: Buffer.alloc(8) }) },
  { name: "PRIORITY", flood: frame(TYPE.priority, { stream: 3, payload: Buffer.alloc(5) }) },
  { name: "empty DATA", flood: frame(TYPE.data, { stream: 1 }) },
  {
    name: "WINDOW_UPDATE",
    flood: frame(TYPE.windowUpdate, { payload: Buffer.of(0, 0, 0, 1) }),
  },
];

test("case 32: floods of frames that carry nothing are cut off, and leave no memory behind", async (context) => {
  const sidecar = await startSidecarProcess(context);
  await stillServes(context, sidecar);
  const before = sidecar.rssBytes();
  for (const { name, flood } of floods) {
    const raw = new RawConnection(context, sidecar.grpc);
    raw.send(callHeaders(1, OBSERVE));
    raw.send(Buffer.concat(Array.from({ length: 100_000 }, () => flood)));
    await raw.closed(name);
  }
  assert.ok(sidecar.rssBytes() - before < 64 * MIB, `${sidecar.rssBytes() - before} bytes more`);
  await stillServes(context, sidecar);
});

test("case 33: connections over the bound are refused, and those there go on", async (context) => {
  const sidecar = await startSidecarProcess(context);
  const filter = connectTo(context, sidecar);
  await filter.ready();
  const idle = Array.from({ length: 600 }, () => new RawConnection(context, sidecar.grpc));
  await closedFor(sidecar, "sessions");
  await until(() => idle.filter(({ isClosed }) => isClosed).length >= 88, {
    deadlineMs: 10_000,
    what: "those over the bound are closed",
  });
  await filter.acknowledgedUpTo(filter.observe([wireObservation()]));
  assert.equal(await sidecar.metric("understudy_sessions"), 512);
});
