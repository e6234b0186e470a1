import { z } from "zod";
import { section, share } from "./fields.ts";
import type { GatesDocument, StepDocument } from "./stepDocument.ts";
import {
  gateNames,
  keepFor,
  minimum,
  pauseStep,
  STEPS_MAX,
  shadowPercent,
  shadowSettings,
  switchStep,
  TESTS,
  USERS,
} from "./stepSchema.ts";

/** Words for steps that belong together, and for those that may stand between them. */
export const PRESETS = ["shadow", "canary", "blueGreen", "switch", "pause"] as const;
/** What the weights of a canary are when it gives none. */
export const WEIGHTS_PRESET = ["1%", "5%", "25%", "50%"] as const;

const allowed = `a list of ${PRESETS.join(", ")}, each a word or a mapping of its settings`;
const weights = `a list of 1 to ${STEPS_MAX} weights`;

const shadow = section({
  ...shadowSettings,
  gates: gateNames().describe("Hooks that must pass before the rollout goes on."),
})
  .transform(({ gates, ...shadow }): readonly StepDocument[] => [
    { shadow: { ...shadow, gates: after(gates) } },
  ])
  .describe("One step in which the candidate answers copies.");

const canary = section({
  weights: z
    .array(share("0.01%"), { error: weights })
    .min(1, { error: weights })
    .max(STEPS_MAX, { error: weights })
    .prefault([...WEIGHTS_PRESET])
    .describe("Shares of users that the candidate answers, one step each."),
  shadowPercent: shadowPercent(),
  minimum: minimum(USERS, "1m"),
  gates: gateNames().describe("Hooks that must pass after each of its steps."),
})
  .transform(({ weights, gates, ...settings }): readonly StepDocument[] =>
    weights.map((weight) => ({ canary: { weight, ...settings, gates: after(gates) } })),
  )
  .describe("Steps in which the candidate answers more and more users.");

const blueGreen = section({
  shadowPercent: shadowPercent(),
  minimum: minimum(TESTS),
  gates: gateNames().describe("Hooks that must pass before the switch, such as smoke tests."),
  approval: z
    .boolean({ error: "true or false" })
    .default(false)
    .describe("Whether somebody must approve the switch."),
  keepFor,
})
  .transform(({ minimum, gates, approval, keepFor, ...settings }): readonly StepDocument[] => [
    { preview: { ...settings, minimum, gates: after(gates) } },
    ...(approval ? [{ pause: { approval } }] : []),
    { switch: { ...settings, keepFor } },
  ])
  .describe("A preview for tests, then all users at once.");

const chosen = section({
  shadow: shadow.optional(),
  canary: canary.optional(),
  blueGreen: blueGreen.optional(),
  switch: switchStep.transform((step): readonly StepDocument[] => [{ switch: step }]).optional(),
  pause: pauseStep.transform((step): readonly StepDocument[] => [{ pause: step }]).optional(),
}).transform((given) => PRESETS.flatMap((name) => given[name] ?? []));

/** Strategies one after the other, as the steps that they stand for. */
export const strategy: z.ZodType<readonly StepDocument[], unknown> = z
  .array(
    z.union([z.enum(PRESETS).transform((name) => chosen.parse({ [name]: {} })), chosen], {
      error: `${PRESETS.join(", ")}, or a mapping of one of them to its settings`,
    }),
    { error: allowed },
  )
  .min(1, { error: allowed })
  .max(STEPS_MAX, { error: allowed })
  .transform((each) => each.flat())
  .describe("Strategies one after the other; instead of steps.");

function after(gates: readonly string[]): GatesDocument | undefined {
  return gates.length === 0 ? undefined : { before: [], after: gates };
}
