import assert from "node:assert/strict";
import { until } from "../../support/until.ts";
import { openShop, shareOfV2, sidecarIn } from "../openShop.ts";
import { weightedPlan } from "../plans.ts";
import { meshTest } from "../rig.ts";
import { weightedService } from "../shop.ts";

const FAR_MS = 20_000;
/** One istiod of several writes the status of routes; who was killed is waited for, for half a minute. */
const ACCEPTED_MS = 90_000;

meshTest(
  "weights of a VirtualService reach the gateway's Envoy, up and back",
  async (rig, context) => {
    const shop = await openShop(rig, context, [weightedService()]);
    assert.equal(await shareOfV2(shop.users, 50), 0);
    const sidecar = await sidecarIn(rig, context);
    await sidecar.client.apply(weightedPlan("istio", "30%"));
    await until(async () => Math.abs((await shareOfV2(shop.users, 400)) - 0.3) < 0.1, {
      deadlineMs: FAR_MS,
      what: "v2 answers about 30 % of the users",
    });
    const { inForce } = await sidecar.rollout("shop", {
      what: "the weights are read back",
      is: (rollout) => rollout.inForce?.candidateBp === 3000,
    });
    assert.equal(inForce?.candidateBp, 3000);
    await sidecar.client.change("Rollback", { name: "shop", reason: "enough" });
    await until(async () => (await shareOfV2(shop.users, 100)) === 0, {
      deadlineMs: FAR_MS,
      what: "v1 answers all users",
    });
  },
);

meshTest(
  "weights of an HTTPRoute reach the Envoy beside a caller, once istiod has accepted them",
  async (rig, context) => {
    const shop = await openShop(rig, context, [weightedService()]);
    assert.equal(await shareOfV2(shop.callers, 50), 0);
    const sidecar = await sidecarIn(rig, context);
    await sidecar.client.apply(weightedPlan("gatewayApi", "30%"));
    await sidecar.rollout("shop", {
      what: "the route is accepted",
      deadlineMs: ACCEPTED_MS,
      is: (rollout) => rollout.inForce?.candidateBp === 3000,
    });
    await until(async () => Math.abs((await shareOfV2(shop.callers, 400)) - 0.3) < 0.1, {
      deadlineMs: FAR_MS,
      what: "v2 answers about 30 % of the callers",
    });
  },
);
