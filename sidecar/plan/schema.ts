import { z } from "zod";
import { MODEL_NAME } from "../core/models/model.ts";
import { FORMATS } from "../core/plan/plan.ts";
import { actuator } from "./actuatorSchema.ts";
import type { PlanDocument } from "./document.ts";
import { drift } from "./driftSchema.ts";
import { count, duration, jsonPath, NAME, number, section, share, word } from "./fields.ts";
import { grpc } from "./grpcSchema.ts";
import { breaker, guardrails, maximum } from "./guardrailSchema.ts";
import { labels } from "./labelsSchema.ts";
import { type Fitting, fit } from "./misfit.ts";
import { readiness, rollback, schedule } from "./passageSchema.ts";
import { retraining } from "./retrainingSchema.ts";
import { stepList } from "./stepSchema.ts";
import { strategy } from "./strategySchema.ts";

/** Most paths in each list of `spec.compare`. */
export const PATHS_MAX = 64;
/** Most differing pairs that are kept for each place. */
const SAMPLES_MAX = 5;

function list<Item extends z.ZodType>(item: Item, of: string) {
  const error = `a list of at most ${PATHS_MAX} ${of}`;
  return z.array(item, { error }).max(PATHS_MAX, { error }).default([]);
}

const version = () =>
  word(
    /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/,
    "a version name of 1 to 63 letters, digits, ., _ and -, in quotes when it looks like a number",
  );

const alpha = (preset: number) => number({ min: 0.000_001, max: 0.5 }).default(preset);

const compare = section({
  format: z
    .enum(FORMATS, { error: `one of ${FORMATS.join(", ")}` })
    .default("auto")
    .describe("What bodies are read as; auto goes by their content type."),
  prediction: section({
    label: jsonPath("one").optional().describe("Where the decision is: this or top1."),
    top1: jsonPath("one").optional().describe("A tensor or list whose largest number decides."),
    score: jsonPath("one").optional().describe("Where its number is."),
  }).optional(),
  ignore: list(jsonPath("any"), "JSONPaths").describe("What does not count, with all below it."),
  tolerances: list(
    section({
      path: jsonPath("any"),
      absolute: number({ min: 0, max: Number.MAX_VALUE }).default(0),
      relative: number({ min: 0, max: 1 }).default(0),
    }),
    "tolerances",
  ).describe("Numbers that may be apart by `absolute`, or by `relative` of the larger."),
  unordered: list(jsonPath("any"), "JSONPaths").describe("Arrays whose order means nothing."),
  similar: list(
    section({ path: jsonPath("any"), similarity: number({ min: 0, max: 1 }) }),
    "similarities",
  ).describe("Texts that are equal from a similarity on: 1 - edit distance / length."),
  grpc: grpc.optional(),
  samples: section({
    perPath: count()
      .max(SAMPLES_MAX, { error: `a whole number from 0 to ${SAMPLES_MAX}` })
      .default(3)
      .describe(
        "Of how many differing pairs, for each place, people see what is there; 0 for none.",
      ),
    show: list(jsonPath("any"), "JSONPaths").describe(
      "What they see in full, with all below it; otherwise of texts and long numbers the length alone.",
    ),
    redact: list(jsonPath("any"), "JSONPaths").describe(
      "What they see the type of alone, with all below it, also where it is shown otherwise.",
    ),
  }).prefault({}),
});

const document: z.ZodType<PlanDocument> = section({
  apiVersion: z.literal("understudy.dev/v1alpha1", { error: "understudy.dev/v1alpha1" }),
  kind: z.literal("Rollout", { error: "Rollout" }),
  metadata: section({
    name: word(
      NAME,
      "a name of 1 to 63 small letters, digits and -, beginning and ending with a letter or digit",
    ),
  }),
  spec: section({
    primary: version().describe("The version that is trusted."),
    candidate: version().describe("The version on trial."),
    model: word(
      MODEL_NAME,
      "a model's name of 1 to 48 letters, digits, ., _ and -, beginning and ending with a letter or digit",
    )
      .optional()
      .describe(
        "The registered model that the versions are of, as v1, v2 and so on; a template of `serve --models` leaves the versions out.",
      ),
    requestTimeout: duration({ minMs: 100, maxMs: 300_000 })
      .prefault("15s")
      .describe("A request without an answer by then is counted as failed."),
    steps: stepList.optional().describe("What it goes through; or strategy."),
    strategy: strategy.optional(),
    guardrails,
    alpha: section({
      rollback: alpha(0.01).describe("Chance of rolling back a candidate within every margin."),
      promotion: alpha(0.05).describe("Chance of promoting a candidate beyond some margin."),
    }).prefault({}),
    breaker: breaker.prefault({}),
    maximum: maximum.optional(),
    compare: compare.prefault({}),
    capture: share("0%")
      .optional()
      .describe(
        "Share of requests whose own body and answer are looked at for labels and drift; by default all where the plan has either.",
      ),
    labels: labels.optional(),
    drift: drift.optional(),
    actuator,
    rollback: rollback.optional(),
    schedule: schedule.optional(),
    readiness: readiness.optional(),
    retraining: retraining.optional(),
  }),
});

/** Fits a value into the schema of a plan. Rules between fields are not looked at. */
export function fitDocument(value: unknown): Fitting<PlanDocument> {
  return fit(document, value);
}

/** The schema as JSON Schema (draft 2020-12) of what an author writes. */
export function planJsonSchema(): object {
  return z.toJSONSchema(document, { io: "input" });
}

/** The same for files, which may be templates too: these name a model instead of versions. */
export function fileJsonSchema(): object {
  return z.toJSONSchema(document, {
    io: "input",
    override: ({ jsonSchema, path }) => {
      if (path.join(".") === "properties.spec") {
        const versions = ["primary", "candidate"];
        jsonSchema.required = jsonSchema.required?.filter((key) => !versions.includes(key)) ?? [];
        jsonSchema.anyOf = [{ required: versions }, { required: ["model"] }];
      }
    },
  });
}
