import { setTimeout as delay } from "node:timers/promises";
import { readMetrics } from "./model.ts";
import { isInWorseHealth } from "./patients.ts";
import type { Stage } from "./perform.ts";
import type { DriftReport } from "./report.ts";
import type { RolloutView } from "./rolloutClient.ts";

const POLL_MS = 250;
const DEADLINE_MS = 60_000;

/**
 * Lets only patients in worse health come, until the sidecar, which watches the promoted version, has found all of `expected` to have moved, or
 * for a minute; then everybody comes again. The stage's traffic must be that of the rollout.
 */
export async function shiftPopulation(
  { client, lines, patients, traffic }: Stage,
  rollout: string,
  expected: readonly string[],
): Promise<DriftReport> {
  const meanings = await meaningsOfFeatures();
  const moved = (view: RolloutView): readonly string[] =>
    Object.keys(meanings).filter((name) => reasonOf(view, name) !== undefined);
  const early = moved(await client.get(rollout));
  lines.event("from now on the patients are in worse health; the sidecar is not told");
  const before = traffic.seen().sent;
  traffic.serve(patients.filter(isInWorseHealth));
  const deadlineMs = Date.now() + DEADLINE_MS;
  let view = await client.get(rollout);
  let afterRequests = 0;
  while (Date.now() < deadlineMs && !expected.every((name) => moved(view).includes(name))) {
    await delay(POLL_MS);
    view = await client.get(rollout);
    lines.show(view, traffic.seen());
    afterRequests ||= moved(view).length === 0 ? 0 : traffic.seen().sent - before;
  }
  traffic.serve(patients);
  const features = moved(view);
  if (features.length > 0) {
    lines.event(
      `drift: ${afterRequests} requests later the sidecar finds that they are not like those of the training`,
    );
    lines.note(
      ...features.map((name) => `       ${name}, ${meanings[name]}: ${reasonOf(view, name)}`),
    );
  }
  return { raised: features.length > 0, features, afterRequests, early };
}

/** What the features are, and the prediction, which is watched too. */
async function meaningsOfFeatures(): Promise<Readonly<Record<string, string>>> {
  const { features } = await readMetrics();
  return { ...features, flagged: "what the model answers" };
}

/** Why a feature is said to have drifted, in brief: "PSI is 0.26, at least 0.1"; undefined while it is not. */
function reasonOf({ anomalies }: RolloutView, feature: string): string | undefined {
  const found = anomalies.find(({ name }) => name === `drift ${feature}`);
  return found?.reason.replace(`${feature}: `, "").split(";", 1)[0];
}
