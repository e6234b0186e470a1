import { understudy } from "#proto";
import type { Observation } from "../../sidecar/core/observation.ts";
import { decodeObservations } from "../../sidecar/server/observationCodec.ts";
import type { Seen } from "./seen.ts";

/** An observation that a scripted sidecar saw, as the real one reads it. Throws when it would refuse it. */
export function decodedObservation(seen: Seen): Observation {
  const wire = understudy.v1.Observation.fromObject(seen);
  const { observations } = decodeObservations([wire], ["rollout"]);
  const [observation] = observations;
  if (observation === undefined) {
    throw new Error("the observation is refused");
  }
  return observation;
}
