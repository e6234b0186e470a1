import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { Rollout } from "../../../sidecar/cli/client.ts";
import type { RealSidecar } from "../../support/realSidecar.ts";
import { until } from "../../support/until.ts";
import { openShop, type Shop, shareOfV2, sidecarIn } from "../openShop.ts";
import { weightedPlan } from "../plans.ts";
import { meshTest, type Rig } from "../rig.ts";
import { weightedService } from "../shop.ts";

const FAR_MS = 30_000;
const NAMED = { name: "shop", reason: "the test wants it" };

/** A rollout whose weights are in force at 30 %. */
async function openRollout(
  rig: Rig,
  context: TestContext,
): Promise<Shop & { readonly sidecar: RealSidecar }> {
  const shop = await openShop(rig, context, [weightedService()]);
  const sidecar = await sidecarIn(rig, context);
  await sidecar.client.apply(weightedPlan("istio", "30%"));
  await inForce(sidecar, 3_000);
  await servedBy(shop, (share) => share > 0.1 && share < 0.6);
  return { ...shop, sidecar };
}

const inForce = (sidecar: RealSidecar, candidateBp: number): Promise<Rollout> =>
  sidecar.rollout("shop", {
    what: `${candidateBp} is in force`,
    is: (rollout) => rollout.inForce?.candidateBp === candidateBp,
  });

const withProblem = (sidecar: RealSidecar, problem: RegExp): Promise<Rollout> =>
  sidecar.rollout("shop", {
    what: `the problem is ${problem}`,
    is: (rollout) => problem.test(rollout.problem),
  });

async function servedBy(shop: Shop, is: (share: number) => boolean): Promise<void> {
  await until(async () => is(await shareOfV2(shop.users, 200)), {
    deadlineMs: FAR_MS,
    what: "the users are answered as wanted",
  });
}

async function weigh(rig: Rig, v1: number, v2: number): Promise<void> {
  const patch = [v1, v2].map((value, index) => ({
    op: "replace",
    path: `/spec/http/0/route/${index}/weight`,
    value,
  }));
  const args = ["--namespace", "shop", "--type", "json", "--patch", JSON.stringify(patch)];
  await rig.kubectl(["patch", "virtualservice", "shop", ...args]);
}

meshTest(
  "while kube-apiserver is dead users are served as before and that is told; once it is back the rollback is done",
  async (rig, context) => {
    const { sidecar, ...shop } = await openRollout(rig, context);
    await rig.kubeApiserver.kill();
    context.after(() => rig.kubeApiserver.start());
    await sidecar.client.change("Rollback", NAMED);
    await withProblem(sidecar, /^unreachable: VirtualService shop\/shop/);
    const share = await shareOfV2(shop.users, 200);
    assert.ok(share > 0.1 && share < 0.6);
    await rig.kubeApiserver.start();
    await inForce(sidecar, 0);
    await servedBy(shop, (now) => now === 0);
  },
);

meshTest(
  "while istiod is dead weights are written and users are served as before; once it is back they are in force",
  async (rig, context) => {
    const { sidecar, ...shop } = await openRollout(rig, context);
    await rig.istiod.kill();
    context.after(() => rig.istiod.start());
    await sidecar.client.change("Rollback", NAMED);
    await inForce(sidecar, 0);
    const share = await shareOfV2(shop.users, 200);
    assert.ok(share > 0.1 && share < 0.6);
    await rig.istiod.start();
    await servedBy(shop, (now) => now === 0);
  },
);

meshTest(
  "somebody else's weights are told and left, until they are put back",
  async (rig, context) => {
    const { sidecar, ...shop } = await openRollout(rig, context);
    await weigh(rig, 50, 50);
    const { problem } = await withProblem(sidecar, /^conflict: /);
    assert.match(
      problem,
      /route main are v1: 50, v2: 50, not what was written for generation \d+: somebody else changed them \(last: kubectl-patch at /,
    );
    await servedBy(shop, (share) => share > 0.4);
    assert.ok((await sidecar.metric('understudy_actuator_failures_total{code="conflict"}')) > 0);
    await weigh(rig, 70, 30);
    await inForce(sidecar, 3_000);
  },
);

meshTest("without the right to it nothing is written, and that is told", async (rig, context) => {
  const shop = await openShop(rig, context, [weightedService()]);
  const sidecar = await sidecarIn(rig, context, { user: "stranger" });
  await sidecar.client.apply(weightedPlan("istio", "30%"));
  const { problem } = await withProblem(sidecar, /^denied: /);
  assert.match(problem, /403: .*User "stranger" cannot/);
  assert.equal(await shareOfV2(shop.users, 100), 0);
});
