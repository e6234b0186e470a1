import { setTimeout as delay } from "node:timers/promises";
import { type LabelCounts, startOutcomes } from "./outcomes.ts";
import type { Patient } from "./patients.ts";
import type { DriftReport, RolloutReport } from "./report.ts";
import type { Rig } from "./rig.ts";
import type { RolloutClient } from "./rolloutClient.ts";
import { type Act, readPlan } from "./scenario.ts";
import { shiftPopulation } from "./shift.ts";
import type { Timeline } from "./timeline.ts";
import type { RunningTraffic } from "./traffic.ts";

/** What every act needs. */
export type Stage = {
  readonly rig: Rig;
  readonly traffic: RunningTraffic;
  /** Those whom the traffic is for. */
  readonly patients: readonly Patient[];
  readonly client: RolloutClient;
  readonly lines: Timeline;
};

/** How an act went; labels and drift where it has them. */
export type Performed = {
  readonly rollout: RolloutReport;
  readonly labels?: LabelCounts;
  readonly drift?: DriftReport;
};

/** Long enough for any request under way at a decision to have reached its server. */
const SETTLE_MS = 2_500;

/** One rollout, from its plan (its file's, if none is given) to the moment when nothing is under way any more from before its decision, with what comes after it. */
export async function perform(stage: Stage, act: Act, plan?: string): Promise<Performed> {
  const { rig, client, lines } = stage;
  lines.close();
  lines.note("", `${act.name}: ${act.candidate} (${act.about}) against ${act.primary}`);
  const before = await rig.stats(act.candidate);
  await client.apply(plan ?? (await readPlan(act)));
  if (act.watched === undefined) {
    return { rollout: await rollOut(stage, act, before.userRequests) };
  }
  const { labelsAfterMs, drifts } = act.watched;
  const to = { http: rig.http, rollout: act.name, afterMs: labelsAfterMs };
  const outcomes = startOutcomes(to, stage.traffic);
  try {
    const rollout = await rollOut(stage, act, before.userRequests);
    const isServed = rollout.outcome === "promoted";
    return {
      rollout,
      ...(isServed ? { drift: await shiftPopulation(stage, act.name, drifts) } : {}),
      labels: outcomes.seen(),
    };
  } finally {
    await outcomes.stop();
  }
}

/** Follows a rollout that has begun. `before` are the candidate's user requests at its beginning. */
async function rollOut(stage: Stage, act: Act, before: number): Promise<RolloutReport> {
  const { rig, traffic, client, lines } = stage;
  const ended = await client.follow(act.name, (rollout) => lines.show(rollout, traffic.seen()));
  const atDecision = await rig.stats(act.candidate);
  await delay(SETTLE_MS);
  lines.show(await client.get(act.name), traffic.seen());
  const accuracy = ended.guardrails.find(({ name }) => name === "accuracy");
  if (accuracy !== undefined) {
    lines.event(`what labels say, ${accuracy.reason}`);
  }
  const outcome = ended.outcome ?? "rolled-back";
  const leaving = await rig.stats(outcome === "promoted" ? act.primary : act.candidate);
  const after = outcome === "promoted" ? atDecision : leaving;
  return {
    name: act.name,
    candidate: act.candidate,
    outcome,
    step: ended.step,
    pairs: ended.pairs,
    candidateRequests: after.userRequests - before,
    reason: ended.reason,
    decideToSafeMs: Math.max(0, leaving.lastUserRequestUnixMs - ended.decidedUnixMs),
    ...(accuracy === undefined
      ? {}
      : { accuracy: { judgement: accuracy.judgement, reason: accuracy.reason } }),
  };
}
