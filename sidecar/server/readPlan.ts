import type { Plan } from "../core/plan/plan.ts";
import { parsePlan } from "../plan/parsePlan.ts";
import { formatProblem } from "../plan/problem.ts";
import { CallError } from "./status.ts";

/** Reads a plan's text. Throws CallError `invalid` with every problem of it. */
export function readPlan(text: string): Plan {
  const parsed = parsePlan(text);
  if ("problems" in parsed) {
    const { problems } = parsed;
    throw new CallError("invalid", problems.map(formatProblem).join("\n"), problems);
  }
  return parsed.plan;
}
