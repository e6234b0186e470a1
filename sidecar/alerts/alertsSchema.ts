import { z } from "zod";
import { SEVERITIES, type Severity } from "../core/alerts/notice.ts";
import { parseTargetUrl } from "../outgoing/endpoint.ts";
import { duration, section, word } from "../plan/fields.ts";
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

const name = () =>
  word(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    "a name of 1 to 63 small letters, digits and -, beginning and ending with a letter or digit",
  );

const URL_ALLOWED = "a URL of http or https without a user, such as https://alerts.example.com";

const url = () =>
  z
    .string({ error: URL_ALLOWED })
    .refine((text) => parseTargetUrl(text) !== undefined, { error: URL_ALLOWED });

const path = () => word(/^[^\0]{1,4096}$/, "a path, from the folder of this file");
const variable = () =>
  word(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, "the name of an environment variable");

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
  source: word(/^[\x21-\x7e]{1,200}$/, "1 to 200 characters of plain ASCII without blanks")
    .default("understudy")
    .describe("Which sidecar tells, for receivers of several."),
  targets: z
    .array(target, { error: `a list of 1 to ${TARGETS_MAX} targets` })
    .min(1, { error: `a list of 1 to ${TARGETS_MAX} targets` })
    .max(TARGETS_MAX, { error: `a list of 1 to ${TARGETS_MAX} targets` }),
});

/** Fits a value into the schema of a file of alerts. Rules between fields are not looked at. */
export function fitAlerts(value: unknown): Fitting<AlertsDocument> {
  return fit(document, value);
}
