import { z } from "zod";
import { type ModelVersion, STAGES } from "../core/models/model.ts";
import { RegistryError } from "../ports/registry.ts";

/** Names of the tags by which a version says what MLflow has no field for. */
export const TAGS = {
  sha256: "understudy.sha256",
  trainingData: "understudy.training_data_sha256",
  metrics: "understudy.metrics",
  parent: "understudy.parent",
  stage: "understudy.stage",
} as const;

/** A version as MLflow answers it. */
export type VersionAnswer = {
  readonly name: string;
  readonly version: number;
  readonly source: string;
  readonly creation_timestamp: number;
  readonly tags: readonly { readonly key: string; readonly value: string }[];
};

type Answers = {
  readonly model: z.ZodType<{
    readonly registered_model: {
      readonly aliases: readonly { readonly alias: string; readonly version: number }[];
    };
  }>;
  readonly versions: z.ZodType<{
    readonly model_versions: readonly VersionAnswer[];
    readonly next_page_token: string;
  }>;
  readonly version: z.ZodType<{ readonly model_version: VersionAnswer }>;
  readonly experiment: z.ZodType<{ readonly experiment: { readonly experiment_id: string } }>;
  readonly run: z.ZodType<{
    readonly run: { readonly info: { readonly run_id: string; readonly artifact_uri: string } };
  }>;
  readonly nothing: z.ZodType<unknown>;
};

// MLflow writes 64-bit numbers as texts or numbers, and leaves out what is empty.
const whole = z
  .union([z.number(), z.string().regex(/^\d{1,15}$/)])
  .transform(Number)
  .refine((value) => Number.isSafeInteger(value) && value >= 0);
const text = z.string().default("");
const version = z.object({
  name: z.string(),
  version: whole,
  source: text,
  creation_timestamp: whole.default(0),
  tags: z.array(z.object({ key: z.string(), value: text })).default([]),
});

/** The answers that are read, each as MLflow's REST API 2.0 has it. */
export const ANSWERS: Answers = {
  model: z.object({
    registered_model: z.object({
      aliases: z.array(z.object({ alias: z.string(), version: whole })).default([]),
    }),
  }),
  versions: z.object({ model_versions: z.array(version).default([]), next_page_token: text }),
  version: z.object({ model_version: version }),
  experiment: z.object({ experiment: z.object({ experiment_id: z.string() }) }),
  run: z.object({
    run: z.object({ info: z.object({ run_id: z.string(), artifact_uri: z.string() }) }),
  }),
  nothing: z.unknown(),
};

/** Reads an answer. Throws RegistryError "failed" for what no MLflow writes, without a word of it. */
export function readAnswer<Answer>(text: string, answer: z.ZodType<Answer>): Answer {
  const read = answer.safeParse(parsed(text));
  if (!read.success) {
    const where = read.error.issues[0]?.path.join(".");
    throw new RegistryError("failed", `answered what is none of MLflow's answers (at ${where})`);
  }
  return read.data;
}

/** The version that an answer is about. What tags say that is none of ours is left out. */
export function versionOfAnswer(answer: VersionAnswer): ModelVersion {
  const all = new Map(answer.tags.map(({ key, value }): [string, string] => [key, value]));
  const own: readonly string[] = Object.values(TAGS);
  const parent = Number(all.get(TAGS.parent));
  return {
    model: answer.name,
    version: answer.version,
    sha256: all.get(TAGS.sha256),
    trainingDataSha256: all.get(TAGS.trainingData),
    metrics: metricsOf(all.get(TAGS.metrics)),
    stage: STAGES.find((stage) => stage === all.get(TAGS.stage)) ?? "registered",
    parent: Number.isSafeInteger(parent) && parent > 0 ? parent : undefined,
    tags: Object.fromEntries([...all].filter(([key]) => !own.includes(key))),
    location: answer.source,
    registeredAtMs: answer.creation_timestamp,
  };
}

function metricsOf(text: string | undefined): Readonly<Record<string, number>> {
  const read = z.record(z.string(), z.number()).safeParse(parsed(text ?? "{}"));
  return read.success ? read.data : {};
}

function parsed(text: string): unknown {
  try {
    return text === "" ? {} : JSON.parse(text);
  } catch {
    return undefined;
  }
}
