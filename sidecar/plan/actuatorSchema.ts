import { z } from "zod";
import type { ActuatorChoice } from "../core/plan/actuatorChoice.ts";

const WORDS = ["filters", "xds"] as const;
const allowed = `one of ${WORDS.join(", ")}`;

/** What writes the traffic: a word. */
export const actuator: z.ZodType<ActuatorChoice, (typeof WORDS)[number] | undefined> = z
  .enum(WORDS, { error: allowed })
  .default("filters")
  .transform((kind): ActuatorChoice => ({ kind }))
  .describe("What writes the traffic: the filters, or Envoys that discover it from the sidecar.");
