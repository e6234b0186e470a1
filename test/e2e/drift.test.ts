import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { brotliCompressSync, gzipSync } from "node:zlib";
import type { Rollout } from "../../sidecar/cli/client.ts";
import type { ReferenceProfile } from "../../sidecar/core/drift/profile.ts";
import { profileOfColumns } from "../support/builtProfiles.ts";
import { type Client, clientOf, type Sent } from "../support/client.ts";
import { filterConfig, ROLLOUT, rolloutConfig } from "../support/filterConfig.ts";
import { type Mesh, STREAMS, startMesh } from "../support/mesh.ts";
import { asked, diagnosing, openWard, patientOf } from "../support/patients.ts";
import { seeded } from "../support/random.ts";
import { ended, type RealSidecar, startRealSidecar } from "../support/realSidecar.ts";
import { startUpstream } from "../support/upstream.ts";

const random = seeded(7);
const known = Array.from({ length: 2_000 }, () => patientOf(random, ""));
const reference: ReferenceProfile = await profileOfColumns({
  age: known.map(({ age }) => age),
  ward: known.map(({ ward }) => ward),
});

type House = { readonly sidecar: RealSidecar; readonly users: Client; readonly mesh: Mesh };

/** A rollout that ends well after a few requests, with its reference. */
async function promote(context: TestContext, windowRows: number): Promise<House> {
  const sidecar = await startRealSidecar(context);
  const [v1, v2] = await Promise.all([startUpstream(context, "v1"), startUpstream(context, "v2")]);
  v1.answer = diagnosing(20);
  v2.answer = diagnosing(20);
  const mesh = await startMesh(context, {
    ports: { v1: v1.port, v2: v2.port, sidecar: sidecar.grpcPort },
    configuration: filterConfig([rolloutConfig({ requestTimeoutMs: 1000 })]),
  });
  await sidecar.connected(STREAMS);
  const users = clientOf(context, mesh.port);
  await sidecar.client.apply(`
apiVersion: understudy.dev/v1alpha1
kind: Rollout
metadata: { name: ${ROLLOUT} }
spec:
  primary: v1
  candidate: v2
  requestTimeout: 1s
  steps: [{ canary: { weight: 50%, minimum: { requests: 50 } } }]
  guardrails: { errorRate: { margin: 3, tolerance: 20% } }
  alpha: { rollback: 0.05, promotion: 0.2 }
  drift:
    reference: ${gzipSync(JSON.stringify(reference)).toString("base64")}
    window: { rows: ${windowRows}, time: 1h }
`);
  return { sidecar, users, mesh };
}

test("a promoted candidate is watched on: users who change raise an anomaly, and it is over when they are as before", async (context) => {
  const { sidecar, users } = await promote(context, 200);
  const ward = openWard(users, async () => undefined);
  context.after(() => ward.leave());
  const promoted = await sidecar.rollout(ROLLOUT, ended("promoted"));
  assert.deepEqual(promoted.anomalies, []);
  ward.older = 20;
  const raised = await sidecar.rollout(ROLLOUT, {
    what: "older patients are an anomaly, and their window has ended",
    is: ({ anomalies, drift }) =>
      anomalies.some(({ name }) => name === "drift age") && drift?.features?.[0]?.drifted === true,
  });
  assert.ok(!raised.anomalies.some(({ name }) => name === "drift ward"));
  ward.older = 0;
  const over = await sidecar.rollout(ROLLOUT, {
    what: "patients as before are none",
    is: ({ anomalies }) => anomalies.length === 0,
  });
  assert.ok(Number(over.revision) > Number(raised.revision));
  assert.equal(over.phase, promoted.phase);
  assert.equal(Number(over.traffic?.generation), Number(promoted.traffic?.generation));
  await ward.leave();
  assert.deepEqual(ward.failed, []);
  assert.match(sidecar.log(), /"kind":"anomaly-raised".*"kind":"anomaly-resolved"/s);
});

const BOMB = gzipSync(Buffer.alloc(50_000_000, "["));

/** One request of each kind of body: some are read, some can't be, and their features count as missing. */
const BODIES: Readonly<Record<"read" | "missing", readonly ((sent: Sent) => Sent)[]>> = {
  read: [
    (sent) => sent,
    ({ headers, body = "" }) => ({
      headers: { ...headers },
      chunks: [String(body).slice(0, 9), String(body).slice(9)],
    }),
    ({ headers, body = "" }) => encoded({ ...headers }, "gzip", gzipSync(body)),
    ({ headers, body = "" }) => encoded({ ...headers }, "br", brotliCompressSync(body)),
    (sent) => ({ ...sent, body: `${sent.body}${" ".repeat(60_000)}` }),
  ],
  missing: [
    (sent) => ({ ...sent, body: `${sent.body}${" ".repeat(70_000)}` }),
    (sent) => ({ ...sent, body: "" }),
    (sent) => ({ ...sent, body: "age=51" }),
    (sent) => ({ ...sent, body: '{"age":51,"age":52,"ward":"a"}' }),
    (sent) => ({ ...sent, body: '{"age":NaN,"ward":"a"}' }),
    (sent) => ({ ...sent, body: `${'{"age":'.repeat(500)}51${"}".repeat(500)}` }),
    ({ headers }) => encoded({ ...headers }, "gzip", BOMB),
    ({ headers, body = "" }) => encoded({ ...headers }, "gzip", Buffer.from(body)),
    ({ headers }) => ({
      headers: { ...headers },
      chunks: Array(20).fill(Buffer.alloc(9_000, "[")),
    }),
    (sent) => ({ ...sent, body: Buffer.from('{"age":51,"ward":"\xff"}', "latin1") }),
  ],
};

function encoded(headers: NonNullable<Sent["headers"]>, encoding: string, body: Buffer): Sent {
  return { headers: { ...headers, "content-encoding": encoding }, body };
}

test("bodies in chunks, compressed and large are read, those over the cap and hostile ones count as missing, and no user notices", async (context) => {
  const rows = 300;
  const { sidecar, users } = await promote(context, rows);
  const ward = openWard(users, async () => undefined);
  await sidecar.rollout(ROLLOUT, ended("promoted"));
  await ward.leave();
  const kinds = [...BODIES.read, ...BODIES.missing];
  const sent = Array.from({ length: 3 * rows }, (_, index) => {
    const kind = kinds[index % kinds.length];
    return kind?.(asked(patientOf(random, `q${index}`))) ?? {};
  });
  const share = BODIES.missing.length / kinds.length;
  const statuses = new Set<number | undefined>();
  let isSending = true;
  const sending = (async () => {
    while (isSending) {
      for (const { status } of await users.sendAll(sent)) {
        statuses.add(status);
      }
    }
  })();
  const { drift } = await sidecar.rollout(ROLLOUT, {
    what: "a window of nothing but these has ended",
    is: (rollout) => {
      const { missing = 0 } = rollout.drift?.features?.[0] ?? {};
      return Math.abs(Number(missing) / Number(rollout.drift?.rows) - share) < 0.05;
    },
  });
  isSending = false;
  await sending;
  assert.deepEqual([...statuses], [200]);
  for (const { n, missing } of drift?.features ?? []) {
    assert.equal(Number(n) + Number(missing), Number(drift?.rows));
  }
});

test("the memory of an Envoy that captures every request is soon as large as it gets", async (context) => {
  const { sidecar, users, mesh } = await promote(context, 1_000);
  const ward = openWard(users, async () => undefined);
  await sidecar.rollout(ROLLOUT, ended("promoted"));
  await ward.leave();
  const sizes = [100, 5_000, 30_000, 60_000, 80_000];
  const sent = Array.from({ length: 1_000 }, (_, index): Sent => {
    const { headers, body } = asked(patientOf(random, `m${index}`));
    return { headers: { ...headers }, body: `${body}${" ".repeat(sizes[index % 5] ?? 0)}` };
  });
  await users.sendAll(sent);
  const before = residentBytes(mesh.envoy.pid);
  const got = [...(await users.sendAll(sent)), ...(await users.sendAll(sent))];
  assert.ok(got.every(({ status }) => status === 200));
  const windows = {
    what: "they were captured",
    is: (seen: Rollout) => Number(seen.drift?.rows) >= 1_000,
  };
  await sidecar.rollout(ROLLOUT, windows);
  const grownBytes = residentBytes(mesh.envoy.pid) - before;
  assert.ok(grownBytes < 16 << 20, `${grownBytes}`);
});

/** Memory of a running process (proc(5), VmRSS). */
function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
