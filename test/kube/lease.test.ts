import assert from "node:assert/strict";
import { test } from "node:test";
import type { Cluster, KubeCall } from "../../sidecar/kube/cluster.ts";
import { KubeError } from "../../sidecar/kube/error.ts";
import { LEASE_MS, Lease } from "../../sidecar/rolloutObjects/lease.ts";

const { signal } = new AbortController();

/** A cluster of one Lease, that refuses writes made from an older one, and the time. */
class LeaseCluster implements Cluster {
  readonly namespace = "shop";
  isAway = false;
  nowMs = 0;
  #kept: { readonly version: number; readonly value: object } | undefined;

  async send(call: KubeCall): Promise<unknown> {
    if (this.isAway) {
      throw new KubeError("unreachable", "away");
    }
    if (call.method === "GET") {
      return this.#found();
    }
    const sent = JSON.parse(JSON.stringify(call.body?.value));
    const expected = call.method === "POST" ? undefined : String(this.#kept?.version);
    if (sent.metadata.resourceVersion !== expected || (call.method === "POST" && this.#kept)) {
      throw new KubeError("conflict", "somebody was first");
    }
    this.#kept = { version: (this.#kept?.version ?? 0) + 1, value: sent };
    return this.#found();
  }

  async lines(): Promise<AsyncGenerator<unknown, void>> {
    throw new KubeError("missing", "nothing to watch");
  }

  #found(): unknown {
    if (this.#kept === undefined) {
      throw new KubeError("missing", "no lease");
    }
    const { version, value } = this.#kept;
    return { ...value, metadata: { resourceVersion: String(version) } };
  }
}

function leaseOf(cluster: LeaseCluster, holder: string): Lease {
  const now = (): number => cluster.nowMs;
  return new Lease({ cluster, namespace: "shop", holder, wallMs: now, steadyMs: now });
}

test("of two only the first has it, however often both ask", async () => {
  const cluster = new LeaseCluster();
  const [one, two] = [leaseOf(cluster, "one"), leaseOf(cluster, "two")];
  for (let turn = 0; turn < 20; turn += 1) {
    await one.renew(signal);
    await two.renew(signal);
    cluster.nowMs += 4_000;
    assert.deepEqual([one.isHeld, two.isHeld], [true, false]);
  }
});

test("who ask at the same time do not both get it", async () => {
  const cluster = new LeaseCluster();
  const all = ["one", "two", "three"].map((name) => leaseOf(cluster, name));
  await Promise.all(all.map((lease) => lease.renew(signal)));
  assert.equal(all.filter(({ isHeld }) => isHeld).length, 1);
});

test("another has it once its holder has been silent for 15 s, and never while the holder still thinks so", async () => {
  const cluster = new LeaseCluster();
  const [one, two] = [leaseOf(cluster, "one"), leaseOf(cluster, "two")];
  await one.renew(signal);
  while (!two.isHeld) {
    await two.renew(signal);
    assert.ok(!(one.isHeld && two.isHeld));
    cluster.nowMs += 1_000;
    assert.ok(cluster.nowMs < 2 * LEASE_MS);
  }
  assert.ok(cluster.nowMs >= LEASE_MS);
  await one.renew(signal);
  assert.deepEqual([one.isHeld, two.isHeld], [false, true]);
});

test("who can't renew it acts as without it before anybody else may have it", async () => {
  const cluster = new LeaseCluster();
  const one = leaseOf(cluster, "one");
  await one.renew(signal);
  cluster.isAway = true;
  cluster.nowMs += 11_000;
  await assert.rejects(one.renew(signal), { code: "unreachable" });
  assert.equal(one.isHeld, false);
});

test("who ends gives it away at once", async () => {
  const cluster = new LeaseCluster();
  const [one, two] = [leaseOf(cluster, "one"), leaseOf(cluster, "two")];
  await one.renew(signal);
  await one.release(signal);
  await two.renew(signal);
  assert.deepEqual([one.isHeld, two.isHeld], [false, true]);
});
