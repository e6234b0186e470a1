import type { Observation } from "../core/observation.ts";
import type { Batch } from "../ports.ts";
import type { Runners } from "./runners.ts";

/** What became of an observation. `failed`: only a mistake in the program explains it; `mistake` was told. */
export type Outcome = "single" | "pair" | "ended" | "no-rollout" | "failed";

/** Hands each observation to its rollout; returns how many became what. One that fails does not keep the others. */
export function countBatch(
  batch: Batch,
  runners: Runners,
  mistake: (error: unknown) => void,
): Readonly<Record<Outcome, number>> {
  const outcomes = { single: 0, pair: 0, ended: 0, "no-rollout": 0, failed: 0 };
  for (const observation of batch.observations) {
    outcomes[outcomeOf(observation, runners, mistake)] += 1;
  }
  return outcomes;
}

function outcomeOf(
  observation: Observation,
  runners: Runners,
  mistake: (error: unknown) => void,
): Outcome {
  try {
    return runners.get(observation.rollout)?.observe(observation) ?? "no-rollout";
  } catch (error) {
    mistake(error);
    return "failed";
  }
}
