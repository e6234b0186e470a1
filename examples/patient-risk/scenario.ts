import { fileURLToPath } from "node:url";
import { readPlanFile } from "../../sidecar/plan/planFile.ts";
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
  /** Absent where nobody tells what was true, or looks on. */
  readonly watched?: Watched;
};

/** What is known of a rollout's requests beside the answers, and what is to be seen after its promotion. */
export type Watched = {
  /** How long after an answer it becomes known what was true of the patient. */
  readonly labelsAfterMs: number;
  /** Features that must be found to have moved when patients in worse health come. */
  readonly drifts: readonly string[];
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
    watched: { labelsAfterMs: 45_000, drifts: ["disea", "hlthf", "physlm"] },
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

/** The text of an act's plan, with the reference that it names. */
export function readPlan(act: Act): Promise<string> {
  return readPlanFile(fileURLToPath(new URL(act.plan, import.meta.url)));
}
