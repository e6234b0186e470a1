import { z } from "zod";

/** What keeps an object until its rollout has been rolled back. */
export const FINALIZER = "understudy.dev/rollback";

/** A condition of an object, as Kubernetes has them. */
export type Condition = {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  /** One word. */
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
  readonly lastTransitionTime: string;
};

/** What the sidecar has written of a rollout. */
export type ObjectStatus = {
  readonly observedGeneration: number;
  /** Null, with all that follows, while no rollout is carried out for the object. */
  readonly phase: string | null;
  readonly step: string | null;
  readonly weight: string | null;
  readonly verdict: string | null;
  readonly reason: string | null;
  readonly revision: number | null;
  readonly conditions: readonly Condition[];
};

/** A Rollout object, as far as the sidecar looks at it. */
export type RolloutObject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly generation: number;
    readonly resourceVersion: string;
    readonly finalizers: readonly string[];
    readonly deletionTimestamp?: string | undefined;
  };
  readonly spec: unknown;
  readonly status?: ObjectStatus | undefined;
};

const text = z.string().nullable().default(null);
const condition: z.ZodType<Condition> = z.looseObject({
  type: z.string(),
  status: z.enum(["True", "False", "Unknown"]),
  reason: z.string(),
  message: z.string(),
  observedGeneration: z.number().default(0),
  lastTransitionTime: z.string(),
});

const rolloutObject: z.ZodType<RolloutObject> = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    uid: z.string(),
    generation: z.number(),
    resourceVersion: z.string(),
    finalizers: z.array(z.string()).default([]),
    deletionTimestamp: z.string().optional(),
  }),
  spec: z.unknown(),
  status: z
    .object({
      observedGeneration: z.number(),
      phase: text,
      step: text,
      weight: text,
      verdict: text,
      reason: text,
      revision: z.number().nullable().default(null),
      conditions: z.array(condition).default([]),
    })
    .optional()
    .catch(undefined),
});

/** The object, or undefined when it is laid out otherwise. */
export function readRolloutObject(value: unknown): RolloutObject | undefined {
  return rolloutObject.safeParse(value).data;
}
