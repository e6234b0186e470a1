import { z } from "zod";
import { ANOMALY_KINDS, type Retraining } from "../core/plan/retraining.ts";
import { duration, section } from "./fields.ts";
import { hookName } from "./stepSchema.ts";

const COOL_DOWN_MS = { minMs: 1_000, maxMs: 365 * 86_400_000 };
const kinds = `a list of ${ANOMALY_KINDS.join(", ")}`;

/** When somebody is told that the version in service should be trained again. */
export const retraining: z.ZodType<Retraining, unknown> = section({
  trigger: hookName().describe("The hook that is told, by its name in the sidecar's --hooks FILE."),
  on: z
    .array(z.enum(ANOMALY_KINDS, { error: kinds }), { error: kinds })
    .min(1, { error: kinds })
    .default([...ANOMALY_KINDS])
    .describe("Which anomalies of the promoted version it is told of."),
  coolDown: duration(COOL_DOWN_MS)
    .prefault("24h")
    .describe("How long after it was told of some it is told of no others."),
})
  .transform(({ trigger, on, coolDown }) => ({
    trigger,
    on: ANOMALY_KINDS.filter((kind) => on.includes(kind)),
    coolDownMs: coolDown,
  }))
  .describe("Who is told that the promoted version should be trained again, and when.");
