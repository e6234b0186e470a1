import { canonicalPlan } from "../core/plan/canonicalPlan.ts";
import type { Plan } from "../core/plan/plan.ts";
import { type RequestKey, recall } from "../core/rollout/requestKey.ts";
import { isFinal, type RolloutState } from "../core/rollout/state.ts";
import { type Conditions, RequestError } from "../ports.ts";

type Known = { readonly plan: Plan; readonly state: RolloutState };

/** Names are remembered for their revisions, generations and keys, also those of deleted rollouts: so many for each that may be listed. */
const NAMES_PER_ROLLOUT = 2;

/** Whether the caller has had this done before. Throws RequestError `reused` when the key was that of another request. */
export function isRepeated(
  name: string,
  state: RolloutState | undefined,
  asked: { readonly by: string; readonly key?: RequestKey | undefined },
): boolean {
  const known = recall(state?.keys, asked);
  if (known === "other") {
    throw new RequestError("reused", `${name}: another request had the key ${asked.key?.text}`);
  }
  return known === "repeated";
}

/** Throws RequestError `stale` unless the name has the revision that the caller knows; undefined takes any. */
export function checkRevision(
  name: string,
  state: RolloutState | undefined,
  revision: number | undefined,
): void {
  if (revision !== undefined && revision !== state?.revision) {
    const found = state === undefined ? "none" : state.revision;
    throw new RequestError("stale", `${name} has revision ${found}, not ${revision}`);
  }
}

/** The rollout of a plan's name, when it is what is asked for already; undefined when the plan's rollout may start. Throws RequestError when it may not. */
export function startedBefore<Kept extends Known>(
  wish: { readonly plan: Plan; readonly by: string; readonly only: Conditions },
  all: ReadonlyMap<string, Kept>,
  rolloutsMax: number,
): Kept | undefined {
  const { by, only, plan } = wish;
  const before = all.get(plan.name);
  if (isRepeated(plan.name, before?.state, { by, key: only.key })) {
    return before;
  }
  checkRevision(plan.name, before?.state, only.revision);
  if (isSamePlan(before, plan)) {
    return before;
  }
  checkStartable(plan.name, all, rolloutsMax);
  return undefined;
}

/** Whether the plan is that of the name's rollout, which is listed: to apply it again changes nothing. */
function isSamePlan(known: Known | undefined, plan: Plan): boolean {
  return (
    known !== undefined && !isDeleted(known) && canonicalPlan(known.plan) === canonicalPlan(plan)
  );
}

/** Throws RequestError unless a rollout of the name may start: `refused` when one is under way, `busy` when there are too many. */
function checkStartable(name: string, all: ReadonlyMap<string, Known>, rolloutsMax: number): void {
  const before = all.get(name);
  if (before !== undefined && !isFinal(before.state)) {
    throw new RequestError("refused", `${name} is under way with another plan: end that first`);
  }
  const listed = [...all.values()].filter((known) => !isDeleted(known)).length;
  if ((before === undefined || isDeleted(before)) && listed >= rolloutsMax) {
    throw new RequestError(
      "busy",
      `there are ${listed} rollouts already: delete one that has ended`,
    );
  }
  if (before === undefined && all.size >= rolloutsMax * NAMES_PER_ROLLOUT) {
    throw new RequestError(
      "busy",
      `${all.size} names have been used already: use one of them again`,
    );
  }
}

/** Throws RequestError `unavailable`: the store has not said whether it made the change. */
export function unconfirmed(): never {
  throw new RequestError(
    "unavailable",
    "the store did not confirm the change: whether it was made is known once the store answers again",
  );
}

/** Whether the rollout is not listed any more. */
export function isDeleted({ state }: Pick<Known, "state">): boolean {
  return state.deletedAtMs !== undefined;
}
