import type { BasisPoints } from "../traffic.ts";
import type { Plan } from "./plan.ts";

/** Share of requests that the primary is to answer twice; 0 when no guardrail needs that. */
export function noiseBpOf({ guardrails }: Plan): BasisPoints {
  return guardrails.reduce(
    (share, guardrail) => (guardrail.kind === "excess" ? guardrail.noiseBp : share),
    0,
  );
}
