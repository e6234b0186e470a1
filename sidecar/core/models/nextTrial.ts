import type { Plan } from "../plan/plan.ts";
import { CHALLENGER, CHAMPION, type RegisteredModel } from "./model.ts";
import { isTried, servingAt, type Trials } from "./trials.ts";

/** What starts a rollout: a version newer than the champion, or the alias challenger, set to a version. */
export const TRIGGERS = ["newVersion", "challenger"] as const;
/** What starts a rollout. */
export type Trigger = (typeof TRIGGERS)[number];

/**
 * The version that is to be tried now, or undefined. A version is tried once, whatever came of it, and the champion never. Of several new versions
 * it is the newest.
 */
export function versionToTry(
  { model, trigger }: { readonly model: string; readonly trigger: Trigger },
  { versions, aliases }: RegisteredModel,
  trials: Trials,
): number | undefined {
  const champion = aliases.get(CHAMPION);
  const newest = versions[0]?.version;
  const wanted = trigger === "challenger" ? aliases.get(CHALLENGER) : newest;
  const isOld = trigger === "newVersion" && wanted !== undefined && wanted < (champion ?? 0);
  return wanted === undefined || wanted === champion || isOld || isTried(trials, model, wanted)
    ? undefined
    : wanted;
}

/** Stands in a template for a primary that is not known; no version has that name. */
export const NO_VERSION = "v0";

/** Why a plan made of a model's template must not be applied now, one sentence, or undefined when it can be. */
export function heldBy(plan: Plan, trials: Trials): string | undefined {
  if (plan.primary === NO_VERSION) {
    return `no version of ${plan.model} is its champion, and its plan names no primary: set the alias ${CHAMPION}`;
  }
  const serving = servingAt(trials, plan.name);
  switch (serving.kind) {
    case "none":
      return undefined;
    case "under-way":
      return `a rollout of ${plan.name} is under way`;
    case "version":
      return serving.name === plan.primary
        ? undefined
        : `${serving.name} serves since the last rollout of ${plan.name}, and the primary would be ${plan.primary}: set the alias ${CHAMPION}`;
    default:
      return serving satisfies never;
  }
}
