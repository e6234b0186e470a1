import { z } from "zod";
import { count, duration, NAME, section, share, word } from "./fields.ts";
import type {
  GatesDocument,
  MinimumDocument,
  PauseDocument,
  ShadowDocument,
  StepDocument,
  SwitchDocument,
} from "./stepDocument.ts";

/** Most steps of a plan. */
export const STEPS_MAX = 32;
/** Most gates in one place. */
const GATES_MAX = 8;
const TIME_MS_MAX = 30 * 24 * 3_600_000;

const time = () => duration({ minMs: 0, maxMs: TIME_MS_MAX }).prefault("0s");
const steps = `a list of 1 to ${STEPS_MAX} steps`;
const names = `a list of at most ${GATES_MAX} names of hooks`;

/** Name of a hook that the sidecar's owner has listed. */
export function hookName(): z.ZodString {
  return word(NAME, "the name of a hook: 1 to 63 small letters, digits and -");
}

/** Names of such hooks. */
export function gateNames(): z.ZodDefault<z.ZodArray<z.ZodString>> {
  return z.array(hookName(), { error: names }).max(GATES_MAX, { error: names }).default([]);
}

const gates: z.ZodType<GatesDocument | undefined, unknown> = section({
  before: gateNames().describe("Asked before the step begins."),
  after: gateNames().describe("Asked once it has seen what it must."),
})
  .optional()
  .describe("Hooks that must pass, of those that the sidecar was given.");

/** A share of requests that are copied, where the step's own default depends on the steps before it. */
export function shadowPercent(): z.ZodType<number | undefined, string | undefined> {
  return share("0%")
    .optional()
    .describe("Share of requests that are copied; by default that of the last shadow step, or 0%.");
}

/** What a step must see before it may end: pairs, and requests of a kind. */
export function minimum(requests: string, timePreset = "0s"): z.ZodType<MinimumDocument, unknown> {
  return section({
    pairs: count().default(0).describe("Pairs compared in this step."),
    requests: count().default(0).describe(requests),
    time: duration({ minMs: 0, maxMs: TIME_MS_MAX })
      .prefault(timePreset)
      .describe("Time spent in this step."),
  })
    .prefault({})
    .describe("What the step must see before it may end.");
}

/** What a step that users reach must see. */
export const USERS = "User requests that the candidate answered in this step.";
/** What a preview must see. */
export const TESTS = "Test requests that the candidate answered in this step.";

/** The settings of a shadow step. */
export const shadowSettings: {
  readonly percent: z.ZodType<number, unknown>;
  readonly minimum: z.ZodType<ShadowDocument["minimum"], unknown>;
} = {
  percent: share("0.01%").prefault("100%").describe("Share of requests that are copied."),
  minimum: section({
    pairs: count().default(0).describe("Pairs compared in this step."),
    time: time().describe("Time spent in this step."),
  })
    .prefault({})
    .describe("What the step must see before it may end."),
};

/** How long a switch keeps the primary. */
export const keepFor: z.ZodType<number, string | undefined> = duration({
  minMs: 1_000,
  maxMs: TIME_MS_MAX,
})
  .prefault("1h")
  .describe("How long the primary stays warm, and everything can go back at once.");

const shadow = section({ ...shadowSettings, gates }).describe(
  "The candidate answers copies of requests, and no user.",
);

const canary = section({
  weight: share("0.01%").describe("Share of users that the candidate answers."),
  shadowPercent: shadowPercent(),
  minimum: minimum(USERS),
  gates,
}).describe("The candidate answers some users.");

const preview = section({
  shadowPercent: shadowPercent(),
  minimum: minimum(TESTS),
  gates,
}).describe("The candidate answers test requests and copies, and no user.");

/** All users at once. */
export const switchStep: z.ZodType<SwitchDocument, unknown> = section({
  keepFor,
  shadowPercent: shadowPercent(),
  gates,
}).describe("The candidate answers all users at once.");

/** Nothing changes. */
export const pauseStep: z.ZodType<PauseDocument, unknown> = section({
  approval: z
    .boolean({ error: "true or false" })
    .optional()
    .describe("Whether somebody must approve; by default where neither for nor gates are given."),
  for: duration({ minMs: 1_000, maxMs: TIME_MS_MAX }).optional().describe("How long it lasts."),
  gates,
}).describe("The traffic stays as it is.");

/** The steps of a plan. */
export const stepList: z.ZodType<readonly StepDocument[], unknown> = z
  .array(
    section({
      shadow: shadow.optional(),
      canary: canary.optional(),
      preview: preview.optional(),
      switch: switchStep.optional(),
      pause: pauseStep.optional(),
    }),
    { error: steps },
  )
  .min(1, { error: steps })
  .max(STEPS_MAX, { error: steps });
