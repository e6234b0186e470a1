import { z } from "zod";
import { SEVERITIES, type Severity } from "../core/alerts/notice.ts";
import { name, path, source, url, variable } from "../outgoing/fields.ts";
import { duration, section } from "../plan/fields.ts";
import { type Fitting, fit } from "../plan/misfit.ts";

/** Most targets of a file. */
export const TARGETS_MAX = 20;

type Common = {
  readonly name: string;
  readonly caFile?: string | undefined;
  readonly minSeverity?: Severity | undefined;
  readonly timeout: number;
  readonly giveUpAfter: number;
};
type Url = {
  readonly url?: string | undefined;
  readonly urlFile?: string | undefined;
  readonly urlEnv?: string | undefined;
};
type Bearer = { readonly bearerFile?: string | undefined; readonly bearerEnv?: string | undefined };
type Signing = {
  readonly secretFile?: string | undefined;
  readonly secretEnv?: string | undefined;
};

/** A target as it is written, with units undone. */
export type TargetDocument = Common &
  Url &
  Bearer &
  Signing &
  (
    | { readonly type: "alertmanager"; readonly repeat: number }
    | { readonly type: "slack" | "webhook" | "cloudevents" }
  );

/** The whole file. */
export type AlertsDocument = {
  readonly source: string;
  readonly targets: readonly TargetDocument[];
};

const common = {
  name: name(),
  caFile: path().optional().describe("PEM certificates that are trusted instead of the system's."),
  minSeverity: z
    .enum(SEVERITIES, { error: `one of ${SEVERITIES.join(", ")}` })
    .optional()
    .describe("What matters less is not told."),
  timeout: duration({ minMs: 100, maxMs: 60_000 })
    .prefault("10s")
    .describe("An attempt that takes longer has failed."),
  giveUpAfter: duration({ minMs: 1_000, maxMs: 7 * 24 * 3_600_000 })
    .prefault("1h")
    .describe("What could not be told for so long is given up."),
};

const bearer = { bearerFile: path().optional(), bearerEnv: variable().optional() };
const secret = { secretFile: path().optional(), secretEnv: variable().optional() };

const target = z.discriminatedUnion(
  "type",
  [
    section({
      type: z.literal("alertmanager"),
      ...common,
      url: url(),
      ...bearer,
      repeat: duration({ minMs: 1_000, maxMs: 3_600_000 })
        .prefault("1m")
        .describe("How often what goes on is told again."),
    }),
    section({
      type: z.literal("slack"),
      ...common,
      url: url().optional(),
      urlFile: path().optional(),
      urlEnv: variable().optional(),
    }),
    section({ type: z.literal("webhook"), ...common, url: url(), ...bearer, ...secret }),
    section({ type: z.literal("cloudevents"), ...common, url: url(), ...bearer, ...secret }),
  ],
  { error: "type alertmanager, slack, webhook or cloudevents" },
);

const document: z.ZodType<AlertsDocument> = section({
  apiVersion: z.literal("understudy.dev/v1alpha1", { error: "understudy.dev/v1alpha1" }),
  kind: z.literal("Alerts", { error: "Alerts" }),
  source: source().describe("Which sidecar tells, for receivers of several."),
  targets: z
    .array(target, { error: `a list of 1 to ${TARGETS_MAX} targets` })
    .min(1, { error: `a list of 1 to ${TARGETS_MAX} targets` })
    .max(TARGETS_MAX, { error: `a list of 1 to ${TARGETS_MAX} targets` }),
});

/** Fits a value into the schema of a file of alerts. Rules between fields are not looked at. */
export function fitAlerts(value: unknown): Fitting<AlertsDocument> {
  return fit(document, value);
}
