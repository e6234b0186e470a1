import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { understudy } from "#proto";
import { fastClock } from "../support/clock.ts";
import { type FakeFilter, wireAnswer, wireObservation } from "../support/fakeFilter.ts";
import { planText, startTestSidecar, type TestSidecar } from "../support/testSidecar.ts";
import { until } from "../support/until.ts";

const { Variant, Phase } = understudy.v1;

/** Sends what a filter would see of some requests under the traffic it has: pairs, and a share served by the candidate. */
function traffic(filter: FakeFilter, sidecar: TestSidecar, candidateStatus: number): void {
  const { candidateBp = 0, generation = 0 } = filter.traffic.get("test") ?? {};
  const observations = Array.from({ length: 40 }, (_, index) => {
    const isCandidate = index < (40 * candidateBp) / 10_000;
    const candidate = wireAnswer({ status: candidateStatus });
    return wireObservation({
      startUnixMs: Math.round(sidecar.clock.wallMs()),
      generation,
      served: isCandidate ? Variant.VARIANT_CANDIDATE : Variant.VARIANT_PRIMARY,
      answer: isCandidate ? candidate : wireAnswer(),
      shadow: isCandidate ? wireAnswer() : candidate,
    });
  });
  filter.observe(observations);
}

async function driveToEnd(
  sidecar: TestSidecar,
  candidateStatus: number,
): Promise<understudy.v1.Rollout> {
  const filter = sidecar.filter();
  await filter.ready();
  await sidecar.client.apply(planText());
  return await until(
    async () => {
      traffic(filter, sidecar, candidateStatus);
      const rollout = await sidecar.client.get("test");
      const isEnded =
        rollout.phase === Phase.PHASE_PROMOTED || rollout.phase === Phase.PHASE_ROLLED_BACK;
      const isInForce = Number(rollout.inForce?.generation) === Number(rollout.traffic?.generation);
      return isEnded && isInForce && rollout;
    },
    { deadlineMs: 20_000, what: "the rollout ends and is in force" },
  );
}

test("a good candidate goes through its steps to all users", async (context) => {
  const sidecar = await startTestSidecar(context, { clock: fastClock(20) });
  const rollout = await driveToEnd(sidecar, 200);
  assert.equal(rollout.phase, Phase.PHASE_PROMOTED);
  assert.equal(rollout.step, 1);
  assert.equal(rollout.inForce?.candidateBp, 10_000);
  assert.equal(await sidecar.metric("understudy_faults_total"), 0);
});

test("a candidate that fails is rolled back in its shadow step and serves no user", async (context) => {
  const sidecar = await startTestSidecar(context, { clock: fastClock(20) });
  const rollout = await driveToEnd(sidecar, 500);
  assert.equal(rollout.phase, Phase.PHASE_ROLLED_BACK);
  assert.equal(rollout.step, 0);
  assert.equal(Number(rollout.candidateRequests), 0);
  assert.equal(rollout.inForce?.candidateBp, 0);
});

test("a sidecar whose store is broken does not start, and names the first bad event", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "understudy-broken-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const storePath = join(folder, "rollouts.db");
  const sidecar = await startTestSidecar(context, { storePath });
  await sidecar.client.apply(planText());
  await sidecar.stop();
  const database = new DatabaseSync(storePath);
  database.exec("UPDATE events SET body = replace(body, 'v2', 'v9')");
  database.close();
  await assert.rejects(startTestSidecar(context, { storePath }), /broken at event 1: its checksum/);
});
