import type { BasisPoints } from "../traffic.ts";

/** What an author wants for one candidate: the steps it goes through and the guardrails that must hold. */
export type Plan = {
  /** Name of the rollout: 1 to 63 of a-z, 0-9 and -, beginning and ending with a letter or digit. */
  readonly name: string;
  /** Version names, as in the filter's configuration. */
  readonly primary: string;
  readonly candidate: string;
  /** A request without an answer by then is counted as failed; windows stay open this long. */
  readonly requestTimeoutMs: number;
  /** At least one. */
  readonly steps: readonly Step[];
  /** At least one; names are unique. */
  readonly guardrails: readonly Guardrail[];
  readonly alpha: Alpha;
  readonly compare: CompareRules;
};

/** Error rates of the whole rollout, each in (0, 0.5]. */
export type Alpha = {
  /** Chance of rolling back a candidate that is within every margin. */
  readonly rollback: number;
  /** Chance of promoting a candidate that is worse than some margin. */
  readonly promotion: number;
};

/** One stage of a rollout: the traffic it asks for, and the least it must see before it may end. */
export type Step =
  | { readonly kind: "shadow"; readonly shadowBp: BasisPoints; readonly minimum: Minimum }
  | {
      readonly kind: "canary";
      readonly candidateBp: BasisPoints;
      readonly shadowBp: BasisPoints;
      readonly minimum: Minimum;
    };

/** What a step must have seen, counted from its beginning; 0 asks for nothing. */
export type Minimum = {
  readonly pairs: number;
  /** User requests answered by the candidate. */
  readonly requests: number;
  readonly timeMs: number;
};

/** A rule about the difference between the candidate and the primary that must hold always. */
export type Guardrail =
  | {
      readonly kind: "errorRate";
      readonly name: string;
      /** The candidate's rate may be this many times the primary's; at least 1. */
      readonly margin: number;
      /** A rate below this is good whatever the primary's is; in (0, 1). */
      readonly tolerance: number;
    }
  | {
      readonly kind: "latency";
      readonly name: string;
      /** A request is slow when it took longer; frozen for the rollout. */
      readonly slowerThanMs: number;
      readonly margin: number;
      readonly tolerance: number;
    }
  | {
      readonly kind: "disagreement";
      readonly name: string;
      /** Whether pairs disagree when their prediction differs, or when any compared part of the answer does. */
      readonly of: "prediction" | "answer";
      /** Share of pairs that may disagree; in (0, 1). */
      readonly tolerance: number;
    };

/** How two answers are compared. Paths are JSONPath (RFC 9535) of names, indices, wildcards and `..`. */
export type CompareRules = {
  /** What bodies are read as; `auto` goes by their content type and what is in them. */
  readonly format: Format;
  readonly prediction: PredictionPaths | undefined;
  readonly ignore: readonly string[];
  readonly tolerances: readonly Tolerance[];
  /** Arrays whose order means nothing. */
  readonly unordered: readonly string[];
  readonly similar: readonly Similar[];
};

/** Ways to read a body. */
export const FORMATS = ["auto", "json", "openInference", "openai", "text", "bytes"] as const;
/** A way to read a body. */
export type Format = (typeof FORMATS)[number];

/** Where the prediction is in an answer: one of `label` and `top1`. */
export type PredictionPaths = {
  /** Any JSON value; a difference is a flip. */
  readonly label: string | undefined;
  /** A list of numbers, or a tensor with one such list in each row; another place of the largest, in any row, is a flip. */
  readonly top1: string | undefined;
  /** A number. */
  readonly score: string | undefined;
};

/** Texts at `path` are equal when their similarity is at least this: 1 - edit distance / length of the longer. `$` is a plain text as a whole. */
export type Similar = { readonly path: string; readonly similarity: number };

/** Numbers at `path` are equal when they differ by at most `absolute`, or by at most `relative` of the larger magnitude. */
export type Tolerance = {
  readonly path: string;
  readonly absolute: number;
  readonly relative: number;
};
