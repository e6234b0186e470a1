import assert from "node:assert/strict";
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { connect as connectPlain, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import { status } from "@grpc/grpc-js";
import { bearer, type GuardedSidecar, startGuardedSidecar } from "../support/guardedSidecar.ts";
import { frame, TYPE } from "../support/rawGrpc.ts";
import { planText } from "../support/testSidecar.ts";
import { until } from "../support/until.ts";

const LIST = "/understudy.v1.RolloutService/List";
const OBSERVE = "/understudy.v1.ObserveService/Observe";

function closedBy(socket: Socket): () => boolean {
  let isClosed = false;
  socket.on("error", () => undefined);
  socket.on("close", () => {
    isClosed = true;
  });
  socket.resume();
  return () => isClosed;
}

function rawPort(context: TestContext, sidecar: GuardedSidecar): Socket {
  const socket = connectPlain(Number(sidecar.grpc.split(":")[1]), "127.0.0.1");
  context.after(() => socket.destroy());
  return socket;
}

function rawTls(
  context: TestContext,
  sidecar: GuardedSidecar,
  options: ConnectionOptions = {},
): TLSSocket {
  const ca = readFileSync(sidecar.authority.ca);
  const port = Number(sidecar.grpc.split(":")[1]);
  const socket = connectTls({
    port,
    ca,
    host: "127.0.0.1",
    servername: "localhost",
    ALPNProtocols: ["h2"],
    ...options,
  });
  context.after(() => socket.destroy());
  return socket;
}

test("over TLS, tokens say who calls on both ports", async (context) => {
  const sidecar = await startGuardedSidecar(context, { tls: "server" });
  const token = sidecar.callers.token("admin", { name: "ci" });
  await sidecar.reload();
  const client = await sidecar.client({ token });
  assert.match((await client.apply(planText())).reason, /started by ci/);
  assert.equal((await sidecar.call(LIST)).code, status.UNAUTHENTICATED);
  assert.equal((await sidecar.ask("/metrics", { headers: bearer(token) })).status, 200);
  assert.equal((await sidecar.ask("/metrics")).status, 401);
  assert.equal(
    (await sidecar.ask("/healthz", { headers: { host: "sidecar.mesh" }, servername: "localhost" }))
      .status,
    200,
  );
});

test("a port that speaks TLS answers nobody who does not", async (context) => {
  const sidecar = await startGuardedSidecar(context, { tls: "server" });
  const socket = rawPort(context, sidecar);
  const isClosed = closedBy(socket);
  socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  await until(isClosed, { deadlineMs: 5_000, what: "the connection is closed" });
  await until(
    async () =>
      (await sidecar.metric('understudy_sessions_closed_total{reason="handshake"}')) === 1,
    { deadlineMs: 5_000, what: "it is counted" },
  );
});

test("with mutual TLS a certificate says who calls, and its name is in the events", async (context) => {
  const sidecar = await startGuardedSidecar(context, { tls: "mutual" });
  const { authority, callers } = sidecar;
  callers.certificate("admin", "URI:spiffe://mesh/ns/ops/sa/ci");
  callers.certificate("filter", "DNS:envoy-1.mesh");
  callers.certificate("viewer", "CN:grafana");
  await sidecar.reload();
  const admin = authority.issue("ci", { names: "URI:spiffe://mesh/ns/ops/sa/ci,DNS:other" });
  const filter = authority.issue("envoy", { names: "DNS:envoy-1.mesh" });
  const viewer = authority.issue("viewer", { names: "DNS:nobody", commonName: "grafana" });
  const client = await sidecar.client({ certificate: admin });
  assert.match((await client.apply(planText())).reason, /started by admin/);
  await (await sidecar.filter({ certificate: filter })).ready();
  assert.equal((await sidecar.call(LIST, { certificate: viewer })).code, status.OK);
  assert.equal((await sidecar.call(LIST, { certificate: filter })).code, status.PERMISSION_DENIED);
  assert.equal(
    (await sidecar.call(OBSERVE, { certificate: admin })).code,
    status.PERMISSION_DENIED,
  );
});

test("a certificate that the file does not name may call nothing, and a bad token is not made good by a certificate", async (context) => {
  const sidecar = await startGuardedSidecar(context, { tls: "mutual" });
  const { authority, callers } = sidecar;
  callers.certificate("admin", "DNS:admin");
  const token = callers.token("viewer");
  callers.remove("viewer");
  await sidecar.reload();
  const unknown = authority.issue("unknown", { names: "DNS:admin.evil,URI:DNS:admin,DNS:*" });
  assert.equal((await sidecar.call(LIST, { certificate: unknown })).code, status.UNAUTHENTICATED);
  const certificate = authority.issue("admin", { names: "DNS:admin" });
  assert.equal((await sidecar.call(LIST, { certificate })).code, status.OK);
  assert.equal((await sidecar.call(LIST, { certificate, token })).code, status.UNAUTHENTICATED);
});

test("with mutual TLS no certificate, an expired one and one of another authority get no connection", async (context) => {
  const sidecar = await startGuardedSidecar(context, { tls: "mutual" });
  const stranger = await startGuardedSidecar(context);
  const bad = {
    none: {},
    expired: sidecar.authority.issue("expired", { days: -1 }),
    foreign: stranger.authority.issue("foreign"),
  };
  for (const [name, files] of Object.entries(bad)) {
    const read = Object.entries(files).map(([key, file]) => [key, readFileSync(file)]);
    const isClosed = closedBy(rawTls(context, sidecar, Object.fromEntries(read)));
    await until(isClosed, { deadlineMs: 5_000, what: `closed: ${name}` });
  }
  const metric = 'understudy_sessions_closed_total{reason="handshake"}';
  assert.equal(await sidecar.metric(metric), 3);
  assert.equal(await sidecar.metric("understudy_sessions"), 0);
});

test("case 34: half a handshake, a wrong protocol and garbage are bounded in time, and others are served", async (context) => {
  const sidecar = await startGuardedSidecar(context, {
    tls: "server",
    limits: { messageMs: 500 },
  });
  const token = sidecar.callers.token("viewer");
  await sidecar.reload();
  const silent = closedBy(rawPort(context, sidecar));
  const half = rawPort(context, sidecar);
  const halfClosed = closedBy(half);
  half.write(Buffer.from([22, 3, 1, 0, 200, 1, 0, 0]));
  const garbage = rawPort(context, sidecar);
  const garbageClosed = closedBy(garbage);
  garbage.write(Buffer.alloc(20_000, 0x16));
  const other = closedBy(rawTls(context, sidecar, { ALPNProtocols: ["http/1.1"] }));
  const old = closedBy(rawTls(context, sidecar, { maxVersion: "TLSv1.1", minVersion: "TLSv1" }));
  const preface = closedBy(rawTls(context, sidecar));
  assert.equal((await sidecar.call(LIST, { token })).code, status.OK);
  await until(
    () => [silent, halfClosed, garbageClosed, other, old, preface].every((isClosed) => isClosed()),
    { deadlineMs: 10_000, what: "all of them are closed" },
  );
  await until(async () => (await sidecar.metric("understudy_sessions")) === 0, {
    deadlineMs: 5_000,
    what: "none of them is held",
  });
  assert.equal((await sidecar.call(LIST, { token })).code, status.OK);
});

test("the guard's limits hold under TLS: sessions, handshakes in a second, and frames", async (context) => {
  const sidecar = await startGuardedSidecar(context, {
    tls: "server",
    limits: { sessionsMax: 3, handshakesPerSecondMax: 3 },
  });
  const idle = Array.from({ length: 3 }, () => rawPort(context, sidecar));
  await until(async () => (await sidecar.metric("understudy_sessions")) === 3, {
    deadlineMs: 5_000,
    what: "connections without a handshake count",
  });
  const over = closedBy(rawPort(context, sidecar));
  await until(over, { deadlineMs: 5_000, what: "one over the bound is closed" });
  for (const socket of idle) {
    socket.destroy();
  }
  const handshakes = 'understudy_sessions_closed_total{reason="handshakes"}';
  await until(
    async () => {
      closedBy(rawTls(context, sidecar));
      closedBy(rawTls(context, sidecar));
      return (await sidecar.metric(handshakes)) > 0;
    },
    { deadlineMs: 10_000, what: "handshakes over the bound are refused" },
  );
});

test("a flood of bare frames is cut off under TLS as it is without", async (context) => {
  const sidecar = await startGuardedSidecar(context, { tls: "server" });
  const socket = rawTls(context, sidecar);
  const isClosed = closedBy(socket);
  socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  socket.write(frame(TYPE.settings));
  const pings = Array.from({ length: 2_100 }, () =>
    frame(TYPE.ping, { payload: Buffer.alloc(8), flags: 1 }),
  );
  socket.write(Buffer.concat(pings));
  await until(isClosed, { deadlineMs: 10_000, what: "the connection is closed" });
  assert.equal(await sidecar.metric('understudy_sessions_closed_total{reason="flood"}'), 1);
});

test("certificates are renewed while calls go on, and bad files leave those in force", async (context) => {
  const sidecar = await startGuardedSidecar(context, { tls: "server" });
  const token = sidecar.callers.token("viewer");
  const filterToken = sidecar.callers.token("filter");
  const own = {
    cert: `${sidecar.authority.folder}/server.pem`,
    key: `${sidecar.authority.folder}/server.key`,
  };
  const serial = async (): Promise<string> => {
    const socket = rawTls(context, sidecar);
    await new Promise((resolve) => socket.once("secureConnect", resolve));
    return socket.getPeerCertificate().serialNumber;
  };
  await sidecar.reload();
  const filter = await sidecar.filter({ token: filterToken });
  await filter.ready();
  const before = await serial();
  let isDone = false;
  const codes = new Set<number>();
  const load = (async () => {
    while (!isDone) {
      codes.add((await sidecar.call(LIST, { token })).code);
    }
  })();
  const renewed = sidecar.authority.issue("renewed");
  copyFileSync(renewed.cert, own.cert);
  await sidecar.reload();
  assert.equal(await serial(), before, "a certificate without its key is not taken");
  copyFileSync(renewed.key, own.key);
  await sidecar.reload();
  const after = await serial();
  assert.notEqual(after, before);
  const expired = sidecar.authority.issue("expired", { days: -1 });
  copyFileSync(expired.key, own.key);
  copyFileSync(expired.cert, own.cert);
  await sidecar.reload();
  writeFileSync(own.cert, "garbage");
  await sidecar.reload();
  chmodSync(own.key, 0o644);
  await sidecar.reload();
  assert.equal(await serial(), after);
  isDone = true;
  await load;
  assert.deepEqual([...codes], [status.OK]);
  assert.equal(filter.closed, undefined);
  const told = sidecar.logged.filter(({ message }) => message.startsWith("files not taken"));
  assert.equal(told.length, 4);
  assert.doesNotMatch(JSON.stringify(told), /BEGIN|garbage/);
});
