import type { ProtobufSchema } from "../core/compare/protobufSchema.ts";
import type { ReferenceProfile } from "../core/drift/profile.ts";
import type { ActuatorChoice } from "../core/plan/actuatorChoice.ts";
import type { Format, LabelMetric } from "../core/plan/plan.ts";
import type { Readiness } from "../core/plan/readiness.ts";
import type { Retraining } from "../core/plan/retraining.ts";
import type { Schedule } from "../core/plan/schedule.ts";
import type { SteppedRollback } from "../core/plan/step.ts";
import type { BasisPoints } from "../core/traffic.ts";
import type { StepDocument } from "./stepDocument.ts";

/** What a plan's text says, as it is laid out there: units are undone and most defaults filled in. */
export type PlanDocument = {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly primary: string;
    readonly candidate: string;
    readonly model?: string | undefined;
    readonly requestTimeout: number;
    /** One of the two. */
    readonly steps?: readonly StepDocument[] | undefined;
    readonly strategy?: readonly StepDocument[] | undefined;
    readonly guardrails: GuardrailsDocument;
    readonly alpha: { readonly rollback: number; readonly promotion: number };
    readonly breaker: "off" | { readonly requests: number; readonly failures: number };
    readonly maximum?:
      | { readonly time: number; readonly outcome: "hold" | "rollback" | "promote" }
      | undefined;
    readonly compare: CompareDocument;
    readonly capture?: BasisPoints | undefined;
    readonly labels?: LabelsDocument | undefined;
    readonly drift?: DriftDocument | undefined;
    readonly actuator: ActuatorChoice;
    readonly rollback?: SteppedRollback | undefined;
    readonly schedule?: Schedule | undefined;
    readonly readiness?: Readiness | undefined;
    readonly retraining?: Retraining | undefined;
  };
};

/** What every guardrail has. */
type Common = { readonly weight: number; readonly dryRun: boolean };

type RateDocument = Common & {
  readonly margin: number;
  readonly tolerance: number;
  readonly unit: "request" | "user";
  readonly frequency: "rare" | "common";
};

/** Guardrails by kind. */
export type GuardrailsDocument = {
  readonly errorRate?: RateDocument | undefined;
  readonly tests?: (Common & { readonly tolerance: number }) | undefined;
  readonly disagreement?:
    | (Common & { readonly of: "prediction" | "answer"; readonly tolerance: number })
    | undefined;
  readonly latency?: (RateDocument & { readonly slowerThan: number }) | undefined;
  readonly slowdown?:
    | (Common & { readonly margin: number; readonly tolerance: number })
    | undefined;
  readonly excess?:
    | (Common & { readonly percent: BasisPoints; readonly tolerance: number })
    | undefined;
  readonly score?: (Common & { readonly tolerance: number }) | undefined;
  readonly accuracy?: (Common & { readonly tolerance: number }) | undefined;
  readonly performance?:
    | (Common & { readonly metric: LabelMetric; readonly floor: number })
    | undefined;
};

/** How drift is looked for. */
export type DriftDocument = {
  readonly reference: ReferenceProfile;
  /** JSONPaths by the names of features. */
  readonly features: Readonly<Record<string, string>>;
  readonly window: { readonly rows: number; readonly time: number };
  readonly falseAlarmEvery: number;
  /** Of PSI and of the KS distance. */
  readonly threshold: number | "auto";
  readonly streams: { readonly adwin: boolean; readonly pageHinkley: boolean };
};

/** How late labels join predictions. */
export type LabelsDocument = {
  readonly horizon: number;
  readonly missing: "exclude" | "negative";
  readonly coverage: number;
  readonly positive: string | number | boolean;
  readonly within?: number | undefined;
  readonly id?: string | undefined;
  readonly slice?: string | undefined;
};

/** How answers are compared. */
export type CompareDocument = {
  readonly format: Format;
  readonly prediction?: PredictionDocument | undefined;
  readonly ignore: readonly string[];
  readonly tolerances: readonly {
    readonly path: string;
    readonly absolute: number;
    readonly relative: number;
  }[];
  readonly unordered: readonly string[];
  readonly similar: readonly { readonly path: string; readonly similarity: number }[];
  readonly grpc?: { readonly descriptorSet: ProtobufSchema } | undefined;
  readonly samples: {
    readonly perPath: number;
    readonly show: readonly string[];
    readonly redact: readonly string[];
  };
};

/** Has one of `label` and `top1`. */
export type PredictionDocument = {
  readonly label?: string | undefined;
  readonly top1?: string | undefined;
  readonly score?: string | undefined;
};
