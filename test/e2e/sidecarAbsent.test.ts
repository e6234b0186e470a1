import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Client, clientOf } from "../support/client.ts";
import { filterConfig } from "../support/filterConfig.ts";
import { type Mesh, STREAMS, startMesh } from "../support/mesh.ts";
import type { MeshPorts } from "../support/meshConfig.ts";
import { startScriptedSidecar } from "../support/scriptedSidecar.ts";
import { setStage, traffic } from "../support/stage.ts";
import { until } from "../support/until.ts";
import { answering, deadPort, startUpstream, type Upstream } from "../support/upstream.ts";

type Alone = { readonly mesh: Mesh; readonly users: Client; readonly v2: Upstream };

/** A mesh without a sidecar. */
async function setAlone(context: TestContext, sidecar: MeshPorts["sidecar"]): Promise<Alone> {
  const [v1, v2] = [await startUpstream(context, "v1"), await startUpstream(context, "v2")];
  const ports = { v1: v1.port, v2: v2.port, sidecar };
  const mesh = await startMesh(context, { ports, configuration: filterConfig() });
  return { mesh, users: clientOf(context, mesh.port), v2 };
}

async function allAnswered(users: Client, count: number): Promise<void> {
  const got = await users.sendAll(Array(count).fill({}));
  assert.ok(got.every(({ status }) => status === 200));
}

const absences: readonly { readonly name: string; readonly sidecar: MeshPorts["sidecar"] }[] = [
  { name: "whose cluster is missing", sidecar: "absent" },
  { name: "whose cluster has no hosts", sidecar: "without-hosts" },
];
for (const { name, sidecar } of absences) {
  test(`case 24: without a sidecar, ${name}, users are answered by the primary`, async (context) => {
    const { mesh, users, v2 } = await setAlone(context, sidecar);
    await mesh.counted("streams_failed", 5);
    await allAnswered(users, 50);
    await mesh.counted("streams_failed", 10);
    assert.deepEqual(v2.received, []);
  });
}

test("a sidecar that comes late finds users answered by the primary, then moves them and gets evidence", async (context) => {
  const port = await deadPort();
  const { mesh, users, v2 } = await setAlone(context, port);
  await mesh.counted("streams_failed", 3);
  await allAnswered(users, 50);
  assert.deepEqual(v2.received, []);
  const wanted = traffic({ candidateBp: 10_000, shadowBp: 10_000, shadowPrimary: true });
  const sidecar = await startScriptedSidecar(context, { port, traffic: [wanted] });
  await sidecar.inForce(wanted, STREAMS);
  await allAnswered(users, 20);
  const seen = await sidecar.seen(20);
  assert.ok(seen.every(({ served }) => served === "VARIANT_CANDIDATE"));
  assert.equal(v2.users().length, 20);
});

test("while the sidecar is away users stay where they are, and evidence waits for it", async (context) => {
  const { users, sidecar, v2, mesh } = await setStage(context, {
    traffic: { generation: 3, candidateBp: 10_000, shadowBp: 0 },
  });
  sidecar.stop();
  await mesh.counted("streams_failed", STREAMS);
  await allAnswered(users, 50);
  assert.equal(v2.users().length, 50);
  const back = await startScriptedSidecar(context, { port: sidecar.port });
  const seen = await back.seen(50);
  assert.ok(seen.every(({ generation }) => generation === 3));
  // Filters say what they serve before they are asked to serve anything.
  const reports = back.open().flatMap(({ hello }) => hello?.inForce ?? []);
  assert.deepEqual(
    reports.map(({ generation, candidateBp }) => [generation, candidateBp]),
    Array(back.open().length).fill([3, 10_000]),
  );
});

test("evidence that finds no room while the sidecar is away is dropped, counted and told later", async (context) => {
  const { users, sidecar, mesh, v1, v2 } = await setStage(context);
  v1.answer = answering(200, "text/plain", "p".repeat(60_000));
  v2.answer = answering(200, "text/plain", "c".repeat(60_000));
  sidecar.stop();
  await mesh.counted("streams_failed", STREAMS);
  // 14 MB of evidence; there is room for 4 MiB in each worker.
  await allAnswered(users, 120);
  const dropped = await until(
    async () => {
      const { drops_no_sidecar: drops = 0, observations: kept = 0 } = await mesh.counters();
      return drops + kept === 120 && drops;
    },
    { deadlineMs: 15_000, what: "every request was kept or counted as dropped" },
  );
  assert.ok(dropped > 20 && dropped < 120, `${dropped}`);
  const back = await startScriptedSidecar(context, { port: sidecar.port });
  assert.equal((await back.seen(120 - dropped)).length, 120 - dropped);
  await until(() => back.drops().DROP_REASON_NO_SIDECAR === dropped, {
    deadlineMs: 15_000,
    what: "the sidecar hears how much was lost",
  });
});
