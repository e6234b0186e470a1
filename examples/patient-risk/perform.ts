import { setTimeout as delay } from "node:timers/promises";
import type { RolloutReport } from "./report.ts";
import type { Rig } from "./rig.ts";
import type { RolloutClient } from "./rolloutClient.ts";
import { type Act, readPlan } from "./scenario.ts";
import type { Timeline } from "./timeline.ts";
import type { RunningTraffic } from "./traffic.ts";

/** What every act needs. */
export type Stage = {
  readonly rig: Rig;
  readonly traffic: RunningTraffic;
  readonly client: RolloutClient;
  readonly lines: Timeline;
};

/** Long enough for any answer under way at a decision to have ended. */
const SETTLE_MS = 2_500;

/** One rollout, from its plan to the moment when nothing is under way any more from before its decision. */
export async function perform(stage: Stage, act: Act): Promise<RolloutReport> {
  const { rig, traffic, client, lines } = stage;
  lines.note("", `${act.name}: ${act.candidate} (${act.about}) against ${act.primary}`);
  const before = await rig.stats(act.candidate);
  await client.apply(await readPlan(act));
  const ended = await client.follow(act.name, (rollout) => lines.show(rollout, traffic.seen()));
  const atDecision = await rig.stats(act.candidate);
  await delay(SETTLE_MS);
  lines.show(await client.get(act.name), traffic.seen());
  lines.close();
  const outcome = ended.outcome ?? "rolled-back";
  const leaving = await rig.stats(outcome === "promoted" ? act.primary : act.candidate);
  const after = outcome === "promoted" ? atDecision : leaving;
  return {
    name: act.name,
    candidate: act.candidate,
    outcome,
    step: ended.step,
    pairs: ended.pairs,
    candidateRequests: after.userRequests - before.userRequests,
    reason: ended.reason,
    decideToSafeMs: Math.max(0, leaving.lastUserRequestUnixMs - ended.decidedUnixMs),
  };
}
