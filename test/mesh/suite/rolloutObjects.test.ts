import assert from "node:assert/strict";
import { until } from "../../support/until.ts";
import { openShop, type Shop, shareOfV2, sidecarIn } from "../openShop.ts";
import { meshTest, type Rig } from "../rig.ts";
import { weightedService } from "../shop.ts";

const FAR_MS = 40_000;
const FLAGS = ["--rollouts", "shop"];

/** A Rollout object by weights, as a user writes it. */
function rolloutObject(spec: object = {}, name = "shop"): object {
  return {
    apiVersion: "understudy.dev/v1alpha1",
    kind: "Rollout",
    metadata: { name, namespace: "shop" },
    spec: {
      primary: "v1",
      candidate: "v2",
      steps: [{ canary: { weight: "30%" } }],
      guardrails: { errorRate: { margin: 2, tolerance: "10%" } },
      actuator: { istio: { virtualService: "shop", split: "weights", route: "main" } },
      ...spec,
    },
  };
}

/** Lets go of what a sidecar held that was killed with its test. */
async function free(rig: Rig): Promise<void> {
  await rig.kubectl(["delete", "lease", "--all", "--namespace", "shop"]);
}

const printed = (rig: Rig, jsonPath: string, name = "shop"): Promise<string> =>
  rig.kubectl(["get", "rollout", name, "--namespace", "shop", "-o", `jsonpath=${jsonPath}`]);

const accepted = '{.status.conditions[?(@.type=="Accepted")]';
const inForce = '{.status.conditions[?(@.type=="InForce")].status}';

async function shows(rig: Rig, jsonPath: string, what: RegExp): Promise<string> {
  return await until(
    async () => {
      const found = await printed(rig, jsonPath);
      return what.test(found) && found;
    },
    { deadlineMs: FAR_MS, what: `${jsonPath} is ${what}` },
  );
}

async function answeredBy(shop: Shop, is: (share: number) => boolean): Promise<void> {
  await until(async () => is(await shareOfV2(shop.users, 200)), {
    deadlineMs: FAR_MS,
    what: "the users are answered as wanted",
  });
}

meshTest(
  "kubectl apply starts a rollout, get shows it, and delete rolls it back before the object goes",
  async (rig, context) => {
    await free(rig);
    const shop = await openShop(rig, context, [weightedService()]);
    await sidecarIn(rig, context, { flags: FLAGS });
    await rig.apply([rolloutObject()]);
    await shows(rig, inForce, /^True$/);
    await answeredBy(shop, (share) => share > 0.1 && share < 0.6);
    const table = await rig.kubectl(["get", "rollouts", "--namespace", "shop"]);
    assert.match(table, /NAME +PHASE +STEP +WEIGHT +VERDICT +IN FORCE +AGE/);
    assert.match(table, /shop +progressing +1\/1 canary 30% +30% +inconclusive +True/);
    assert.equal(await printed(rig, "{.status.observedGeneration}"), "1");
    await rig.kubectl(["delete", "rollout", "shop", "--namespace", "shop", "--timeout=60s"]);
    await answeredBy(shop, (share) => share === 0);
  },
);

meshTest(
  "what no plan may be is never kept, and what the sidecar alone can tell is told in the status",
  async (rig, context) => {
    await free(rig);
    await openShop(rig, context, [weightedService()]);
    await sidecarIn(rig, context, { flags: FLAGS });
    const wrong = [
      { spec: { candidate: "v1" }, why: /another version than the primary/ },
      { spec: { steps: [{}] }, why: /one of shadow, canary/ },
      { spec: { primary: undefined }, why: /missing required field "primary"/ },
      { spec: { requestTimeout: 5 }, why: /spec\.requestTimeout/ },
    ];
    for (const { spec, why } of wrong) {
      await assert.rejects(rig.apply([rolloutObject(spec)]), why);
    }
    await rig.apply([
      rolloutObject({ guardrails: { errorRate: { margin: 2, tolerance: "200%" } } }),
    ]);
    assert.match(await shows(rig, `${accepted}.reason}`, /./), /^InvalidPlan$/);
    assert.match(
      await printed(rig, `${accepted}.message}`),
      /spec\.guardrails\.errorRate\.tolerance: "200%": a percentage/,
    );
    const events = ["get", "events", "-n", "shop", "--field-selector", "involvedObject.name=shop"];
    assert.match(
      await rig.kubectl(events),
      /Warning +InvalidPlan +rollout\/shop +spec\.guardrails/,
    );
    const elsewhere = { istio: { virtualService: "other/app", split: "weights", route: "main" } };
    await rig.apply([rolloutObject({ actuator: elsewhere })]);
    await shows(rig, `${accepted}.message}`, /other\/app: an object in shop, as the Rollout is/);
    await rig.apply([rolloutObject()]);
    await shows(rig, `${accepted}.status}`, /^True$/);
    await rig.apply([rolloutObject({ requestTimeout: "7s" })]);
    await shows(rig, `${accepted}.message}`, /under way with another plan/);
    await rig.kubectl(["delete", "rollout", "shop", "--namespace", "shop", "--timeout=60s"]);
  },
);

meshTest(
  "of two sidecars one carries the objects out, and the other takes over when it ends",
  async (rig, context) => {
    await free(rig);
    const shop = await openShop(rig, context, [weightedService()]);
    const first = await sidecarIn(rig, context, { flags: FLAGS });
    await rig.apply([rolloutObject()]);
    await shows(rig, inForce, /^True$/);
    const second = await sidecarIn(rig, context, { flags: FLAGS });
    const holder = (): Promise<string> =>
      rig.kubectl([
        "get",
        "lease",
        "understudy",
        "-n",
        "shop",
        "-o",
        "jsonpath={.spec.holderIdentity}",
      ]);
    const before = await holder();
    assert.deepEqual(await second.client.list(), []);
    await first.crash();
    await until(async () => ![before, ""].includes(await holder()), {
      deadlineMs: FAR_MS,
      what: "the lease has another holder",
    });
    await until(async () => (await second.client.list()).length === 1, {
      deadlineMs: FAR_MS,
      what: "the other one carries out the rollout",
    });
    await answeredBy(shop, (share) => share > 0.1 && share < 0.6);
    await rig.kubectl(["delete", "rollout", "shop", "--namespace", "shop", "--timeout=60s"]);
  },
);

meshTest("objects are carried out again once kube-apiserver is back", async (rig, context) => {
  await free(rig);
  const shop = await openShop(rig, context, [weightedService()]);
  await sidecarIn(rig, context, { flags: FLAGS });
  await rig.apply([rolloutObject()]);
  await shows(rig, inForce, /^True$/);
  await rig.kubeApiserver.kill();
  context.after(() => rig.kubeApiserver.start());
  await rig.kubeApiserver.start();
  await rig.kubectl(["delete", "rollout", "shop", "--namespace", "shop", "--timeout=90s"]);
  await answeredBy(shop, (share) => share === 0);
});
