import { readFile } from "node:fs/promises";
import type { Version } from "./model.ts";

/** One rollout of the demo, and how it is to end. */
export type Act = {
  /** Name in its plan. */
  readonly name: string;
  readonly primary: Version;
  readonly candidate: Version;
  /** The plan's file beside this one. */
  readonly plan: string;
  /** What the candidate is, for people. */
  readonly about: string;
  readonly expected: Expected;
};

/** What must be true of an act at its end. */
export type Expected =
  | { readonly outcome: "promoted" }
  | {
      readonly outcome: "rolled-back";
      /** Beginning of the step's text. */
      readonly step: "shadow" | "canary";
      /** Most user requests that may have been sent to the candidate. */
      readonly candidateRequestsMax: number;
      readonly decideToSafeMsMax: number;
    };

/** The three rollouts, in their order. */
export const ACTS: readonly Act[] = [
  {
    name: "patient-risk-v2",
    primary: "v1",
    candidate: "v2",
    plan: "plan.yaml",
    about: "gradient boosting, a little better than v1",
    expected: { outcome: "promoted" },
  },
  {
    name: "patient-risk-v3",
    primary: "v2",
    candidate: "v3",
    plan: "plan-v3.yaml",
    about: "v2, fed the chronic-disease index in the wrong unit",
    expected: {
      outcome: "rolled-back",
      step: "shadow",
      candidateRequestsMax: 0,
      decideToSafeMsMax: 500,
    },
  },
  {
    name: "patient-risk-v4",
    primary: "v2",
    candidate: "v4",
    plan: "plan-v4.yaml",
    about: "v2, but one request in ten fails or stalls",
    expected: {
      outcome: "rolled-back",
      step: "canary",
      candidateRequestsMax: 299,
      decideToSafeMsMax: 499,
    },
  },
];

/** The text of an act's plan. */
export function readPlan(act: Act): Promise<string> {
  return readFile(new URL(act.plan, import.meta.url), "utf8");
}
