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
  const wanted = trigger === "challenger" ? aliases.get(CHALLENGER) : versions[0]?.version;
  return wanted === undefined || wanted === champion || isTried(trials, model, wanted)
    ? undefined
    : wanted;
}

/** Stands in a template for a primary that is not known; no version has that name. */
export const NO_VERSION = "v0";

/** What is in the way of a rollout: why, one sentence, and whether it passes by itself later, or something must be changed. */
export type Hold = { readonly why: string; readonly until: "later" | "changed" };

/** Why a plan made of a model's template must not be applied now, or undefined when it can be. */
export function heldBy(plan: Plan, trials: Trials): Hold | undefined {
  if (plan.primary === NO_VERSION) {
    return changed(`no version of ${plan.model} is its champion, and its plan names no primary`);
  }
  const serving = servingAt(trials, plan.name);
  switch (serving.kind) {
    case "none":
      return undefined;
    case "under-way":
      return { why: `a rollout of ${plan.name} is under way`, until: "later" };
    case "version":
      return serving.name === plan.primary
        ? undefined
        : changed(
            `${serving.name} serves since the last rollout of ${plan.name}, and the primary would be ${plan.primary}`,
          );
    default:
      return serving satisfies never;
  }
}

function changed(why: string): Hold {
  return { why: `${why}: set the alias ${CHAMPION}`, until: "changed" };
}
