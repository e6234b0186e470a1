import { z } from "zod";
import type { FeatureProfile } from "../core/drift/profile.ts";
import { isLinearPath } from "../formats/jsonPath.ts";
import type { DriftDocument } from "./document.ts";
import { duration, section } from "./fields.ts";
import { FEATURES_MAX } from "./profileSchema.ts";
import { parseReference } from "./reference.ts";
import { PATH_ALLOWED, rfcPath } from "./rfcPath.ts";

const HOUR_MS = 3_600_000;
const THRESHOLD_MAX = 10;
const ROWS = { min: 50, max: 1_000_000 };
const rowsAllowed = `a whole number from ${ROWS.min} to ${ROWS.max}`;

const reference = z
  .string({ error: "a text in base64, or file:NAME" })
  .transform((text, context) => {
    const parsed = parseReference(text);
    if (parsed.kind === "reference") {
      return parsed.reference;
    }
    context.issues.push({ code: "custom", message: parsed.allowed, input: text });
    return z.NEVER;
  });

/** How drift is looked for. */
export const drift: z.ZodType<DriftDocument, unknown> = section({
  reference: reference.describe(
    "What understudy profile wrote, in base64; or file:NAME, which understudy apply replaces by it.",
  ),
  features: z
    .record(z.string(), rfcPath(), { error: "a mapping of names to JSONPaths" })
    .refine((paths) => Object.keys(paths).length <= FEATURES_MAX, {
      error: `at most ${FEATURES_MAX} features`,
    })
    .default({})
    .describe("Where requests have the reference's features, if not where it says."),
  window: section({
    rows: z
      .int({ error: rowsAllowed })
      .min(ROWS.min, { error: rowsAllowed })
      .max(ROWS.max, { error: rowsAllowed })
      .default(1_000)
      .describe("A window ends with so many captured requests."),
    time: duration({ minMs: 1_000, maxMs: 30 * 24 * HOUR_MS })
      .prefault("1h")
      .describe("Or after so long, if it has enough of them to be judged."),
  }).prefault({}),
  falseAlarmEvery: duration({ minMs: 60_000, maxMs: 366 * 24 * HOUR_MS })
    .prefault("720h")
    .describe("How long it takes until something that has not changed raises an alarm."),
  threshold: z
    .union([z.literal("auto"), z.number().gt(0).max(THRESHOLD_MAX)], {
      error: `auto, or a number above 0, at most ${THRESHOLD_MAX}`,
    })
    .default(0.1)
    .describe(
      "From which PSI or KS distance on a change matters; auto: what the reference's own chunks hardly exceed.",
    ),
  streams: section({
    adwin: z
      .boolean({ error: "true or false" })
      .default(true)
      .describe("Adaptive windows look for a change in each feature's values as they come."),
    pageHinkley: z
      .boolean({ error: "true or false" })
      .default(false)
      .describe("So does the Page-Hinkley test, which promises nothing about false alarms."),
  }).prefault({}),
})
  .superRefine(({ reference: profile, features }, context) => {
    const known = profile.features.map(({ name }) => name);
    for (const name of Object.keys(features).filter((given) => !known.includes(given))) {
      context.issues.push({
        code: "custom",
        message: `a feature of the reference: ${known.join(", ")}`,
        path: ["features", name],
        input: name,
      });
    }
    for (const { name, path } of profile.features.filter(isUnfollowed(features))) {
      context.issues.push({
        code: "custom",
        message: `a profile in which the path of ${name} is ${PATH_ALLOWED}; or features with another path for it`,
        path: ["reference"],
        input: path,
      });
    }
  })
  .describe("What requests and predictions are held against, also after promotion.");

/** Picks the features whose own path is asked for and costs too much to follow. */
function isUnfollowed(paths: Readonly<Record<string, string>>) {
  return ({ name, path, role }: FeatureProfile): boolean =>
    role !== "prediction" &&
    path !== undefined &&
    !Object.hasOwn(paths, name) &&
    !isLinearPath(path);
}
