import type { RolloutEvent } from "../rollout/event.ts";
import { versionOfName } from "./model.ts";

/** What is to be said of a model's version because of an event of its rollout. */
export type Finding = {
  /** Of the event, in the log. */
  readonly sequence: number;
  readonly kind: "started" | "promoted" | "rolled-back";
  readonly rollout: string;
  readonly model: string;
  readonly version: number;
  /** The version that it was tried against; undefined when the plan calls the primary something else. */
  readonly against: number | undefined;
  readonly reason: string;
  /** Unix time. */
  readonly atMs: number;
};

/** The last rollout of a name, of whatever plan. */
type Last = {
  readonly primary: string;
  readonly candidate: string;
  readonly model: string | undefined;
  readonly outcome: "promoted" | "rolled-back" | undefined;
};

/** Which versions of which models have been tried, and what the last rollout of each name came to: the fold of the log. */
export type Trials = {
  readonly rollouts: Map<string, Last>;
  /** Versions that have had a rollout, by model. */
  readonly tried: Map<string, Set<number>>;
};

/** Before the first event. */
export function noTrials(): Trials {
  return { rollouts: new Map(), tried: new Map() };
}

/** Adds the next event of the log, and returns what a registry is to be told because of it, if anything. */
export function noteEvent(
  trials: Trials,
  entry: { readonly sequence: number; readonly rollout: string; readonly event: RolloutEvent },
): Finding | undefined {
  const { rollout, event } = entry;
  switch (event.kind) {
    case "started": {
      const { primary, candidate, model } = event.plan;
      const last = { primary, candidate, model, outcome: undefined };
      trials.rollouts.set(rollout, last);
      const finding = findingOf(entry, last, event.kind);
      if (finding !== undefined) {
        const tried = trials.tried.get(finding.model) ?? new Set();
        trials.tried.set(finding.model, tried.add(finding.version));
      }
      return finding;
    }
    case "promoted":
    case "rolled-back": {
      const last = trials.rollouts.get(rollout);
      if (last === undefined) {
        return undefined;
      }
      trials.rollouts.set(rollout, { ...last, outcome: event.kind });
      return findingOf(entry, last, event.kind);
    }
    default:
      return undefined;
  }
}

function findingOf(
  entry: {
    readonly sequence: number;
    readonly rollout: string;
    readonly event: Pick<RolloutEvent, "reason" | "atMs">;
  },
  { primary, candidate, model }: Last,
  kind: Finding["kind"],
): Finding | undefined {
  const { sequence, rollout, event } = entry;
  const version = versionOfName(candidate);
  if (model === undefined || version === undefined) {
    return undefined;
  }
  const { reason, atMs } = event;
  const against = versionOfName(primary);
  return { sequence, kind, rollout, model, version, against, reason, atMs };
}

/** Whether a version of the model has had a rollout. */
export function isTried({ tried }: Trials, model: string, version: number): boolean {
  return tried.get(model)?.has(version) === true;
}

/** Name of the version that answers users under a rollout's name, once its last rollout has ended; undefined before the first. */
export function servingAt(
  { rollouts }: Trials,
  rollout: string,
): { readonly kind: "none" | "under-way" } | { readonly kind: "version"; readonly name: string } {
  const last = rollouts.get(rollout);
  if (last === undefined) {
    return { kind: "none" };
  }
  switch (last.outcome) {
    case "promoted":
      return { kind: "version", name: last.candidate };
    case "rolled-back":
      return { kind: "version", name: last.primary };
    case undefined:
      return { kind: "under-way" };
    default:
      return last.outcome satisfies never;
  }
}
