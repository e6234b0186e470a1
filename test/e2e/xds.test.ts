import assert from "node:assert/strict";
import { test } from "node:test";
import type { Rollout } from "../../sidecar/cli/client.ts";
import { makeCallersFile } from "../support/callersFile.ts";
import { atStep, ended, type RealSidecar, type When } from "../support/realSidecar.ts";
import { until } from "../support/until.ts";
import { type Bootstrap, setXdsStage, type XdsEnvoy } from "../support/xdsStage.ts";

const NAME = "patient-risk";
const LISTENERS = ["front", "own-routes"] as const;
/** Six standard deviations of a share of 30 % of 600 requests. */
const NEAR_30 = 11.3;
const change = { name: NAME, reason: "test" };

/** The share of v2 at every listener of every Envoy. */
async function shares(envoys: readonly XdsEnvoy[]): Promise<readonly number[]> {
  return await Promise.all(
    envoys.flatMap((envoy) => LISTENERS.map((listener) => envoy.share(listener))),
  );
}

async function areNear30(envoys: readonly XdsEnvoy[]): Promise<void> {
  for (const share of await shares(envoys)) {
    assert.ok(Math.abs(share - 30) < NEAR_30, `${share} % of requests reach v2`);
  }
}

const told = (text: RegExp): When => ({
  what: `the rollout's problem is told as ${text}`,
  is: ({ problem }: Rollout) => text.test(problem ?? ""),
});

async function envoysConnected(sidecar: RealSidecar, count: number): Promise<void> {
  await until(async () => (await sidecar.metric("understudy_envoy_streams")) === count, {
    deadlineMs: 15_000,
    what: `${count} Envoys are connected`,
  });
}

test("weights reach the traffic of every Envoy, by routes and by runtime, in both protocols", async (context) => {
  const { sidecar, plan, startEnvoy } = await setXdsStage(context);
  const envoys = [await startEnvoy("edge-1", "DELTA_GRPC"), await startEnvoy("edge-2", "GRPC")];
  assert.deepEqual(await shares(envoys), [0, 0, 0, 0]);
  await sidecar.client.apply(plan);
  await sidecar.rollout(NAME, atStep(0));
  await areNear30(envoys);
  await sidecar.client.change("Promote", change);
  await sidecar.rollout(NAME, ended("promoted"));
  assert.deepEqual(await shares(envoys), [100, 100, 100, 100]);
});

test("copies are made while the candidate answers no user, and the chosen version is told to whoever answers", async (context) => {
  const { sidecar, plan, startEnvoy, v1, v2 } = await setXdsStage(context);
  const envoy = await startEnvoy("edge-1", "DELTA_GRPC");
  const shadow = plan.replace("canary: { weight: 30% }", "shadow: { percent: 100% }");
  await sidecar.client.apply(shadow);
  await sidecar.rollout(NAME, atStep(0));
  assert.equal(await envoy.share("front"), 0);
  await until(() => v2.received.length === v1.received.length, {
    deadlineMs: 10_000,
    what: "every request was copied",
  });
  const variants = v1.received.map(({ headers }) => headers["x-understudy-variant"]);
  assert.deepEqual(new Set(variants), new Set(["v1"]));
  const copied = v2.received.length;
  assert.equal(await envoy.share("own-routes"), 0);
  await until(() => v2.received.length === 2 * copied, {
    deadlineMs: 10_000,
    what: "every request of own routes was copied",
  });
});

test("what an Envoy refuses is told in its own words, and traffic stays until it takes it", async (context) => {
  const { sidecar, plan, startEnvoy, rewrite } = await setXdsStage(context);
  const envoys = [await startEnvoy("edge-1", "DELTA_GRPC"), await startEnvoy("edge-2", "GRPC")];
  await sidecar.client.apply(plan);
  await sidecar.rollout(NAME, atStep(0));
  await rewrite((text) => text.replace('domains: ["*"]', 'domains: ["*", "*"]'));
  await until(() => /"msg":"Envoy refused what it was sent"/.test(sidecar.log()), {
    deadlineMs: 10_000,
    what: "the refusal is in the log",
  });
  await sidecar.client.change("Promote", change);
  const why = /refused by the Envoy edge-\d: .*[Oo]nly a single wildcard domain/;
  await sidecar.rollout(NAME, told(why));
  await until(() => /"code":"denied"[^\n]*"msg":"traffic not applied"/.test(sidecar.log()), {
    deadlineMs: 10_000,
    what: "the actuator's failure is in the log",
  });
  for (const envoy of envoys) {
    const share = await envoy.share("front");
    assert.ok(Math.abs(share - 30) < NEAR_30, `${share} % of requests reach v2`);
  }
  await rewrite((text) => text);
  await sidecar.rollout(NAME, ended("promoted"));
  assert.deepEqual(await shares(envoys), [100, 100, 100, 100]);
});

test("an Envoy that goes away is not waited for, and one that comes has what the others have", async (context) => {
  const { sidecar, plan, startEnvoy } = await setXdsStage(context);
  const staying = await startEnvoy("edge-1", "DELTA_GRPC");
  const leaving = await startEnvoy("edge-2", "GRPC");
  await sidecar.client.apply(plan);
  await sidecar.rollout(NAME, atStep(0));
  await leaving.stop();
  await envoysConnected(sidecar, 1);
  await sidecar.client.change("Promote", change);
  await sidecar.rollout(NAME, ended("promoted"));
  const back = await startEnvoy("edge-2", "GRPC");
  assert.deepEqual(await shares([staying, back]), [100, 100, 100, 100]);
  await sidecar.rollout(NAME, ended("promoted"));
});

test("a sidecar that is killed leaves traffic as it is, and finds it so when it is back", async (context) => {
  const { sidecar, plan, startEnvoy, restart } = await setXdsStage(context);
  const envoys = [await startEnvoy("edge-1", "DELTA_GRPC"), await startEnvoy("edge-2", "GRPC")];
  await sidecar.client.apply(plan);
  await sidecar.rollout(NAME, atStep(0));
  await sidecar.crash();
  await areNear30(envoys);
  const next = await restart();
  await next.rollout(NAME, atStep(0));
  await areNear30(envoys);
  await next.client.change("Promote", change);
  await next.rollout(NAME, ended("promoted"));
  assert.deepEqual(await shares(envoys), [100, 100, 100, 100]);
});

test("a sidecar that has forgotten its rollouts takes no Envoy back, and goes on after what they have", async (context) => {
  const { sidecar, plan, startEnvoy, restart } = await setXdsStage(context);
  const envoys = [await startEnvoy("edge-1", "DELTA_GRPC"), await startEnvoy("edge-2", "GRPC")];
  await sidecar.client.apply(plan);
  await sidecar.client.change("Promote", change);
  await sidecar.rollout(NAME, ended("promoted"));
  await sidecar.crash();
  const next = await restart({ storePath: "memory" });
  await envoysConnected(next, 2);
  assert.deepEqual(await shares(envoys), [100, 100, 100, 100]);
  await next.client.apply(plan);
  await next.rollout(NAME, atStep(0));
  await areNear30(envoys);
});

test("a plan that chooses Envoys which no file lists is told so", async (context) => {
  const { sidecar, plan } = await setXdsStage(context, (text) =>
    text.replaceAll("patient-risk", "other"),
  );
  await sidecar.client.apply(plan);
  await sidecar.rollout(NAME, told(/^missing: the file of --xds lists no rollout patient-risk$/));
});

test("a sidecar that takes known callers serves Envoys with a filter's token, and no others", async (context) => {
  const callers = makeCallersFile(context);
  const [filter, admin] = [callers.token("filter"), callers.token("admin")];
  const flags = ["--callers", callers.path];
  const { startEnvoy } = await setXdsStage(context, (text) => text, flags);
  const showing = (token: string) => (bootstrap: Bootstrap) => {
    for (const service of bootstrap.dynamic_resources.ads_config.grpc_services) {
      service.initial_metadata = [{ key: "authorization", value: `Bearer ${token}` }];
    }
  };
  const known = await startEnvoy("edge-1", "DELTA_GRPC", showing(filter));
  assert.equal(await known.share("front"), 0);
  const others = [
    await startEnvoy("edge-2", "DELTA_GRPC", showing(admin)),
    await startEnvoy("edge-3", "GRPC"),
  ];
  assert.deepEqual(await Promise.all(others.map((envoy) => envoy.share("front"))), [-1, -1]);
});
