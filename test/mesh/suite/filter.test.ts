import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { seatAudience, userNames } from "../../support/audience.ts";
import { ROLLOUT, rolloutConfig } from "../../support/filterConfig.ts";
import { atStep, ended, type RealSidecar } from "../../support/realSidecar.ts";
import { predicting } from "../../support/upstream.ts";
import { openShop, type Shop, sidecarIn } from "../openShop.ts";
import { splitPlan } from "../plans.ts";
import { meshTest, type Rig } from "../rig.ts";
import { clusterOf, filterAtGateway, splitService } from "../shop.ts";

const MODULE = new URL("../../../build/filter.wasm", import.meta.url).pathname;
/** One worker's, and that of the main thread. */
const STREAMS = 2;
const NAMES = userNames(300);

/** The shop with the filter in its gateway, and a sidecar that the filter has found. */
async function openSplitShop(
  rig: Rig,
  context: TestContext,
): Promise<Shop & { readonly sidecar: RealSidecar }> {
  const shop = await openShop(rig, context, [splitService()]);
  const folder = await mkdtemp(join(tmpdir(), "understudy-store-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const sidecar = await sidecarIn(rig, context, { storePath: join(folder, "store.sqlite") });
  const variant = (version: string) => ({
    version,
    cluster: clusterOf("app.mesh.local", version, shop.ports),
  });
  const rollouts = [
    rolloutConfig({
      primary: variant("v1"),
      candidate: variant("v2"),
      requestTimeoutMs: 1_000,
    }),
  ];
  const { grpcPort } = sidecar;
  await rig.apply(filterAtGateway(shop.ports, { grpcPort, module: MODULE, rollouts }));
  await sidecar.connected(STREAMS);
  return { ...shop, sidecar };
}

meshTest(
  "the filter that istiod puts into a gateway shadows, then splits by istiod's routes, until the candidate is promoted",
  async (rig, context) => {
    const { sidecar, users, v1, v2 } = await openSplitShop(rig, context);
    const audience = seatAudience(users, NAMES);
    context.after(() => audience.leave());
    await sidecar.client.apply(splitPlan());
    await sidecar.rollout(ROLLOUT, atStep(0));
    assert.deepEqual(v2.users(), []);
    const { pairs } = await sidecar.rollout(ROLLOUT, atStep(1));
    assert.ok(Number(pairs) >= 100 && v2.shadows().length >= 100);
    await sidecar.rollout(ROLLOUT, ended("promoted"));
    const before = v1.users().length;
    const got = await users.sendAll(NAMES.map((name) => ({ headers: { "x-user": name } })));
    assert.ok(got.every(({ body }) => body.includes('"model_version":"v2"')));
    await audience.leave();
    assert.deepEqual(audience.failed(), []);
    assert.ok(v1.users().length - before < NAMES.length);
  },
);

meshTest(
  "a candidate that answers otherwise is rolled back in its shadow step by what the filter in Istio's gateway saw",
  async (rig, context) => {
    const { sidecar, users, v2 } = await openSplitShop(rig, context);
    v2.answer = predicting("v2", 0);
    const audience = seatAudience(users, NAMES);
    context.after(() => audience.leave());
    await sidecar.client.apply(splitPlan());
    const { reason } = await sidecar.rollout(ROLLOUT, ended("rolled back"));
    assert.match(reason, /disagree/);
    await audience.leave();
    assert.deepEqual([v2.users(), audience.failed()], [[], []]);
  },
);
