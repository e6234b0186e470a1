import { z } from "zod";
import { MODEL_NAME } from "../core/models/model.ts";
import { TRIGGERS, type Trigger } from "../core/models/nextTrial.ts";
import { path, url, variable } from "../outgoing/fields.ts";
import { duration, section, word } from "../plan/fields.ts";
import { type Fitting, fit } from "../plan/misfit.ts";

/** Most models of a file. */
export const MODELS_MAX = 50;

/** The registry as it is written. */
export type RegistryDocument =
  | { readonly type: "embedded"; readonly file: string }
  | {
      readonly type: "mlflow";
      readonly url: string;
      readonly bearerFile?: string | undefined;
      readonly bearerEnv?: string | undefined;
      readonly caFile?: string | undefined;
      readonly timeout: number;
    };

/** One model as it is written. */
export type ModelDocument = {
  readonly name: string;
  readonly plan: string;
  readonly trigger: Trigger;
};

/** The whole file, with units undone. */
export type ModelsDocument = {
  readonly registry: RegistryDocument;
  readonly every: number;
  readonly models: readonly ModelDocument[];
};

const registry = z.discriminatedUnion(
  "type",
  [
    section({
      type: z.literal("embedded"),
      file: path().describe("Its database; models' files are kept beside it."),
    }),
    section({
      type: z.literal("mlflow"),
      url: url(),
      bearerFile: path().optional(),
      bearerEnv: variable().optional(),
      caFile: path()
        .optional()
        .describe("PEM certificates that are trusted instead of the system's."),
      timeout: duration({ minMs: 100, maxMs: 60_000 })
        .prefault("10s")
        .describe("A call that takes longer has failed."),
    }),
  ],
  { error: "type embedded or mlflow" },
);

const LIST = `a list of 1 to ${MODELS_MAX} models`;

const document: z.ZodType<ModelsDocument> = section({
  apiVersion: z.literal("understudy.dev/v1alpha1", { error: "understudy.dev/v1alpha1" }),
  kind: z.literal("Models", { error: "Models" }),
  registry,
  every: duration({ minMs: 1_000, maxMs: 3_600_000 })
    .prefault("10s")
    .describe("How often the registry is looked at, more or less."),
  models: z
    .array(
      section({
        name: word(
          MODEL_NAME,
          "a model's name of 1 to 48 letters, digits, ., _ and -, beginning and ending with a letter or digit",
        ),
        plan: path().describe("The plan of its rollouts, which leaves out the versions."),
        trigger: z
          .enum(TRIGGERS, { error: `one of ${TRIGGERS.join(", ")}` })
          .describe("What starts a rollout: a new version, or the alias challenger."),
      }),
      { error: LIST },
    )
    .min(1, { error: LIST })
    .max(MODELS_MAX, { error: LIST }),
});

/** Fits a value into the schema of a file of models. Rules between fields are not looked at. */
export function fitModels(value: unknown): Fitting<ModelsDocument> {
  return fit(document, value);
}
