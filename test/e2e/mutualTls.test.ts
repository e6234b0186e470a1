import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Client, clientOf } from "../support/client.ts";
import { filterConfig, ROLLOUT } from "../support/filterConfig.ts";
import { type GuardedSidecar, startGuardedSidecar } from "../support/guardedSidecar.ts";
import { type Mesh, STREAMS, startMesh } from "../support/mesh.ts";
import type { SidecarTls } from "../support/meshConfig.ts";
import { planText } from "../support/testSidecar.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";

const ENVOY = "URI:spiffe://mesh/ns/edge/sa/envoy";

/** An Envoy that speaks TLS to a sidecar which takes certificates alone. */
async function started(
  context: TestContext,
  sidecar: GuardedSidecar,
  sidecarTls: SidecarTls,
): Promise<{ readonly mesh: Mesh; readonly users: Client }> {
  const [v1, v2] = await Promise.all([startUpstream(context, "v1"), startUpstream(context, "v2")]);
  const port = Number(sidecar.grpc.split(":")[1]);
  const mesh = await startMesh(context, {
    ports: { v1: v1.port, v2: v2.port, sidecar: port, sidecarTls },
    configuration: filterConfig(),
  });
  return { mesh, users: clientOf(context, mesh.port) };
}

async function streams(sidecar: GuardedSidecar, count: number): Promise<void> {
  await until(async () => (await sidecar.metric("understudy_filter_streams")) === count, {
    deadlineMs: 30_000,
    what: `${count} streams of filters are open`,
  });
}

async function assertServed(users: Client): Promise<void> {
  const got = await users.sendAll(Array(30).fill({}));
  assert.ok(got.every(({ status }) => status === 200));
}

test("with mutual TLS Envoy's filters report to the sidecar by the certificate of its cluster, until the file names it no more", async (context) => {
  const sidecar = await startGuardedSidecar(context, { tls: "mutual" });
  const { authority, callers } = sidecar;
  callers.certificate("filter", ENVOY);
  callers.certificate("admin", "CN:ops");
  await sidecar.reload();
  const own = authority.issue("envoy", { names: ENVOY });
  const { mesh, users } = await started(context, sidecar, { ca: authority.ca, own });
  await streams(sidecar, STREAMS);
  const ops = await sidecar.client({ certificate: authority.issue("ops") });
  assert.match((await ops.apply(planText(ROLLOUT))).reason, /started by admin/);
  const isEvidence = async (): Promise<boolean> => {
    await assertServed(users);
    return Number((await ops.get(ROLLOUT)).pairs) > 0;
  };
  await until(isEvidence, { deadlineMs: 30_000, what: "what filters report is evidence" });
  callers.remove("filter");
  await sidecar.reload();
  await streams(sidecar, 0);
  await assertServed(users);
  callers.certificate("filter", ENVOY);
  await sidecar.reload();
  await streams(sidecar, STREAMS);
  assert.ok((await mesh.counter("streams_opened")) > STREAMS);
});

test("without certificates of clients, filters report by the token that Envoy's cluster adds", async (context) => {
  const sidecar = await startGuardedSidecar(context, { tls: "server" });
  const { authority, callers } = sidecar;
  const token = callers.token("filter");
  await sidecar.reload();
  const authorization = join(authority.folder, "token.json");
  const secret = { secret: { inline_string: `Bearer ${token}` } };
  const type = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";
  const resource = { "@type": type, name: "sidecar-token", generic_secret: secret };
  writeFileSync(authorization, JSON.stringify({ resources: [resource] }), { mode: 0o600 });
  const { users } = await started(context, sidecar, { ca: authority.ca, authorization });
  await streams(sidecar, STREAMS);
  await assertServed(users);
});

test("an Envoy without a certificate gets no stream, and its users are served", async (context) => {
  const sidecar = await startGuardedSidecar(context, { tls: "mutual" });
  const { mesh, users } = await started(context, sidecar, { ca: sidecar.authority.ca });
  await mesh.counted("streams_failed", STREAMS);
  await assertServed(users);
  assert.equal(await sidecar.metric("understudy_filter_streams"), 0);
  assert.ok((await sidecar.metric('understudy_sessions_closed_total{reason="handshake"}')) > 0);
});
