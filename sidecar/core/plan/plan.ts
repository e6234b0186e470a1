import type { ProtobufSchema } from "../compare/protobufSchema.ts";
import type { DriftSettings } from "../drift/assess.ts";
import type { ReferenceProfile } from "../drift/profile.ts";
import type { StreamRules } from "../drift/streams.ts";
import type { BasisPoints } from "../traffic.ts";
import type { ActuatorChoice } from "./actuatorChoice.ts";
import type { Readiness } from "./readiness.ts";
import type { Retraining } from "./retraining.ts";
import type { Schedule } from "./schedule.ts";
import type { Step, SteppedRollback } from "./step.ts";

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
  /** Undefined when nothing but evidence rolls back. */
  readonly breaker: Breaker | undefined;
  /** Undefined when a rollout may stay undecided for ever. */
  readonly maximum: Maximum | undefined;
  readonly compare: CompareRules;
  /** Share of requests of which the filters report what was asked and answered, whole; none when absent. */
  readonly captureBp?: BasisPoints;
  /** How late labels join predictions; absent when none are expected. */
  readonly labels?: LabelRules;
  /** What requests and answers are held against; absent when nobody looks for drift. */
  readonly drift?: DriftRules;
  /** What writes the traffic; the filters do when it is absent. */
  readonly actuator?: ActuatorChoice;
  /** How the candidate's weight goes back to none; at once when absent. */
  readonly rollback?: SteppedRollback;
  /** When steps may advance; at any time when absent. */
  readonly schedule?: Schedule;
  /** How it is known whether variants can take users; absent when nobody asks them. */
  readonly readiness?: Readiness;
  /** When somebody is told that the promoted version should be trained again; never when absent. */
  readonly retraining?: Retraining;
  /** The registered model that the versions are of; absent when they are of none. */
  readonly model?: string;
};

/** How drift is looked for, in windows of captured requests, before and after promotion. */
export type DriftRules = {
  readonly reference: ReferenceProfile;
  /** Where requests have the reference's features, RFC 9535; those that are predictions are taken from answers. */
  readonly features: readonly { readonly name: string; readonly path: string }[];
  /** A window ends with so many rows ... */
  readonly windowRows: number;
  /** ... or after so long, if it has enough rows to be judged. */
  readonly windowMs: number;
  /** How long it takes on average until something that has not changed raises an alarm. */
  readonly falseAlarmEveryMs: number;
  /** From which effects on a change matters. */
  readonly thresholds: DriftSettings["thresholds"];
  /** What looks at features as streams. */
  readonly streams: StreamRules;
};

/** When and how a prediction counts that a label comes for. What the prediction is, `compare.prediction` says. */
export type LabelRules = {
  /** A prediction counts at this age, with the label that it has by then. */
  readonly horizonMs: number;
  /** What a prediction without a label counts as: nothing, or one whose label is not `positive`. */
  readonly missing: "exclude" | "negative";
  /** Least share of each variant's predictions that must be labelled for a pass, in (0, 1]. */
  readonly coverage: number;
  /** The label that precision, recall and F1 are about. */
  readonly positive: string;
  /** For labels that are numbers: a prediction is right within this distance, at least 0; absent when labels are names. */
  readonly within?: number;
  /** Where a request says the id by which its label will come, RFC 9535; absent when it is the header x-request-id. */
  readonly id?: string;
  /** Where a request says which slice it belongs to, RFC 9535; absent when there are no slices. */
  readonly slice?: string;
};

/** What a floor may be set on. */
export const LABEL_METRICS = ["accuracy", "precision", "recall", "f1"] as const;
/** A measure of labelled predictions. */
export type LabelMetric = (typeof LABEL_METRICS)[number];

/** Error rates of the whole rollout, each in (0, 0.5]. */
export type Alpha = {
  /** Chance of rolling back a candidate that is within every margin. */
  readonly rollback: number;
  /** Chance of promoting a candidate that is worse than some margin. */
  readonly promotion: number;
};

/**
 * Rolls back without statistics once this share of the candidate's last user requests failed, and at least eight times the share of the
 * primary's: a failure of both is not the candidate's.
 */
export type Breaker = {
  /** How many of the last user requests are looked at, 1 to 1,000. */
  readonly requests: number;
  /** Share of them, in (0, 1]. */
  readonly failures: number;
};

/** What becomes of a rollout that is still under way after so long: nothing, or its end. */
export type Maximum = {
  readonly timeMs: number;
  /** In the end, `promote` is for those who would rather be wrong than wait: it goes past guardrails that are inconclusive. */
  readonly outcome: "hold" | "rollback" | "promote";
};

/** What counts as one observation: each request, or each user once. */
export type Unit = "request" | "user";

/** Whether events are rare, or near one half of the requests; they have different tests, and both are right for any rate. */
export type Frequency = "rare" | "common";

/** What every guardrail has. */
export type GuardrailCommon = {
  readonly name: string;
  /** Its share of `alpha.rollback`, relative to the others'; above 0. */
  readonly weight: number;
  /** Whether it only reports: it neither rolls back nor holds up. */
  readonly dryRun: boolean;
};

type RateLimits = {
  /** The candidate's rate may be this many times the primary's; at least 1. */
  readonly margin: number;
  /** A rate below this is good whatever the primary's is; in (0, 1). */
  readonly tolerance: number;
  readonly unit: Unit;
  readonly frequency: Frequency;
};

/** A rule about the difference between the candidate and the primary that must hold always. */
export type Guardrail = GuardrailCommon &
  (
    | ({ readonly kind: "errorRate" } & RateLimits)
    | ({
        readonly kind: "latency";
        /** A request is slow when it took longer; frozen for the rollout. */
        readonly slowerThanMs: number;
      } & RateLimits)
    | {
        readonly kind: "slowdown";
        /** At no latency may the candidate's share of slower requests be more than so many times the primary's ... */
        readonly margin: number;
        /** ... and more than this; in (0, 1). */
        readonly tolerance: number;
      }
    | {
        readonly kind: "tests";
        /** Share of the test requests of previews that the candidate may fail; in (0, 1). */
        readonly tolerance: number;
      }
    | {
        readonly kind: "disagreement";
        /** Whether pairs disagree when their prediction differs, or when any compared part of the answer does. */
        readonly of: "prediction" | "answer";
        /** Share of pairs that may disagree; in (0, 1). */
        readonly tolerance: number;
      }
    | {
        readonly kind: "excess";
        /** Share of requests that the primary answers twice, so that its noise is known. */
        readonly noiseBp: BasisPoints;
        /**
         * By how much, as a share of those requests, the candidate's answer may differ at any place more often than the primary's second
         * one does; in (0, 1).
         */
        readonly tolerance: number;
      }
    | {
        readonly kind: "score";
        /** How far the scores of predictions may be apart in the mean; distances above 1 count as 1. In (0, 1). */
        readonly tolerance: number;
      }
    | {
        readonly kind: "accuracy";
        /** How far the candidate's accuracy may be below the primary's; in (0, 1). */
        readonly tolerance: number;
      }
    | {
        readonly kind: "performance";
        readonly metric: LabelMetric;
        /** What the candidate's must reach; in (0, 1). */
        readonly floor: number;
        /** The share of the metric's events that may be against the candidate at the floor (see `lossAt`), in (0, 1). */
        readonly tolerance: number;
      }
  );

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
  /** What unary calls in gRPC are answered; absent when they are compared as bytes. */
  readonly grpc?: ProtobufSchema;
  readonly samples: SampleRules;
};

/** Of how many differing pairs people see what is there, and how much of it. */
export type SampleRules = {
  /** So many of each place, 0 to 5. */
  readonly perPath: number;
  /** What is shown in full, with all below it, though it is a text or a long number. */
  readonly show: readonly string[];
  /** What is hidden but for its type, with all below it; goes before `show`. */
  readonly redact: readonly string[];
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
