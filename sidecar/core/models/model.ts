/**
 * Where a version of a model is: `registered`, not tried yet; `trial`, in a rollout; `serving`, promoted; `retired`, another one was promoted
 * after it; `rejected`, rolled back.
 */
export const STAGES = ["registered", "trial", "serving", "retired", "rejected"] as const;
/** Where a version of a model is. */
export type Stage = (typeof STAGES)[number];

/** One version of a model, as its registry has it. */
export type ModelVersion = {
  readonly model: string;
  /** From 1, rising. */
  readonly version: number;
  /** SHA-256 of the model's file, in hex; undefined when whoever registered it did not say. */
  readonly sha256: string | undefined;
  /** SHA-256 of what it was trained on, in hex; undefined when that is not known. */
  readonly trainingDataSha256: string | undefined;
  /** As measured before it was registered. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly stage: Stage;
  /** The version that it was made from; undefined when that is not known. */
  readonly parent: number | undefined;
  readonly tags: Readonly<Record<string, string>>;
  /** Where the file is: a path, or a URI of the registry. */
  readonly location: string;
  /** Unix time. */
  readonly registeredAtMs: number;
};

/** A model in its registry: its versions, the newest first, and which of them the aliases name. */
export type RegisteredModel = {
  readonly versions: readonly ModelVersion[];
  readonly aliases: ReadonlyMap<string, number>;
};

/** The alias of the version that is trusted. */
export const CHAMPION = "champion";
/** The alias of the version that is to be tried. */
export const CHALLENGER = "challenger";

/** Names of models that are taken: with a version and a slash, as keys of requests, they have 64 characters at most. */
export const MODEL_NAME: RegExp = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,46}[A-Za-z0-9])?$/;
/** Names of aliases that are taken; MLflow has its own meaning for those like v1. */
export const ALIAS_NAME: RegExp = /^(?!v\d+$)(?!latest$)[a-z]([a-z0-9_-]{0,46}[a-z0-9])?$/;

/** What a version is called in plans, routes and the filter's configuration: `v7`. */
export function nameOfVersion(version: number): string {
  return `v${version}`;
}

/** The version that a name in a plan is of; undefined for a name of another form. */
export function versionOfName(name: string): number | undefined {
  return /^v[1-9]\d{0,14}$/.test(name) ? Number(name.slice(1)) : undefined;
}
