import { ALL_BP, type BasisPoints } from "../traffic.ts";

/** One stage of a rollout: the traffic it asks for, and the least it must see before it may end. */
export type Step = {
  /** Hooks that must pass before the step begins, and after it has seen what it must; absent when there are none. */
  readonly gates?: Gates;
} & (
  | {
      /** The candidate answers copies of requests, and no user. */
      readonly kind: "shadow";
      readonly shadowBp: BasisPoints;
      readonly minimum: Minimum;
    }
  | {
      /** The candidate answers some users. */
      readonly kind: "canary";
      readonly candidateBp: BasisPoints;
      readonly shadowBp: BasisPoints;
      readonly minimum: Minimum;
    }
  | {
      /** The candidate answers test requests, and copies where there is a shadow share; no user. */
      readonly kind: "preview";
      readonly shadowBp: BasisPoints;
      /** Its `requests` are test requests that the candidate answered. */
      readonly minimum: Minimum;
    }
  | {
      /** The candidate answers all users at once, while the primary stays warm, and answers copies where there is a shadow share. */
      readonly kind: "switch";
      /** How long the primary is kept, from the switch on. */
      readonly keepForMs: number;
      readonly shadowBp: BasisPoints;
    }
  | {
      /** The traffic stays as it was in the step before; none when there is none. */
      readonly kind: "pause";
      /** Whether a person or a pipeline must approve. */
      readonly approval: boolean;
      /** How long it lasts at least; absent when time does not matter. */
      readonly forMs?: number;
    }
);

/** Names of hooks that a sidecar's owner has listed, in the order in which they are asked. */
export type Gates = { readonly before: readonly string[]; readonly after: readonly string[] };

/** What a step must have seen, counted from its beginning; 0 asks for nothing. */
export type Minimum = {
  readonly pairs: number;
  /** User requests answered by the candidate. */
  readonly requests: number;
  readonly timeMs: number;
};

/** The weight goes down the canary weights that it came up, each for so long. */
export type SteppedRollback = { readonly everyMs: number };

/** The shares that a step asks for; none for a pause, which keeps those before it. */
export function sharesOf(step: Step): {
  readonly candidateBp: BasisPoints;
  readonly shadowBp: BasisPoints;
} {
  switch (step.kind) {
    case "shadow":
    case "preview":
      return { candidateBp: 0, shadowBp: step.shadowBp };
    case "canary":
      return step;
    case "switch":
      return { candidateBp: ALL_BP, shadowBp: step.shadowBp };
    case "pause":
      return { candidateBp: 0, shadowBp: 0 };
    default:
      return step satisfies never;
  }
}

/** What a step must have seen before it may end. */
export function minimumOf(step: Step): Minimum {
  switch (step.kind) {
    case "shadow":
    case "preview":
    case "canary":
      return step.minimum;
    case "switch":
      return { pairs: 0, requests: 0, timeMs: step.keepForMs };
    case "pause":
      return { pairs: 0, requests: 0, timeMs: step.forMs ?? 0 };
    default:
      return step satisfies never;
  }
}
