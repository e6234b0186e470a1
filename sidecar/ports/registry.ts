import type { ModelVersion, RegisteredModel, Stage } from "../core/models/model.ts";

/** What is known of a model's file that is to become a version. */
export type Registration = {
  readonly model: string;
  /** The path of its file. */
  readonly file: string;
  readonly trainingDataSha256: string | undefined;
  readonly metrics: Readonly<Record<string, number>>;
  /** The version that it was made from. */
  readonly parent: number | undefined;
};

/** A version, and whether it is new: the same content again is the version that it was. */
export type Registered = { readonly version: ModelVersion; readonly isNew: boolean };

/** Which version an alias is to name. */
export type Naming = { readonly model: string; readonly alias: string; readonly version: number };

/** What is to be said of a version; a stage or tags that are left out stay as they are, and so do other tags. */
export type Mark = {
  readonly model: string;
  readonly version: number;
  readonly stage?: Stage;
  readonly tags?: Readonly<Record<string, string>>;
};

/** A registry of models. Every method may be repeated, and rejects only with RegistryError. */
export interface Registry {
  /** Makes the file a version of the model, unless it is one. Metadata of a version that is there stay as they are. */
  register(registration: Registration, signal: AbortSignal): Promise<Registered>;
  /** At most `VERSIONS_MAX` versions, the newest, and all aliases; none of either for a model that nobody has registered. */
  read(model: string, signal: AbortSignal): Promise<RegisteredModel>;
  /** Lets the alias name this version, and no other any more. */
  setAlias(naming: Naming, signal: AbortSignal): Promise<void>;
  mark(mark: Mark, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Most versions that `read` returns. */
export const VERSIONS_MAX = 1_000;
/** Longest value of a tag; what is longer is cut. */
export const TAG_VALUE_MAX = 1_000;
/** Most metrics of a version. */
export const METRICS_MAX = 100;

/**
 * - `missing`: no such model, version or file. - `refused`: it will never be taken so. - `denied`: by whom we are known as. - `busy`: later.
 * - `full`: a bound is reached, or the disk. - `unreachable`: no whole answer in time. - `failed`: it says that it has failed, or answers what no
 * registry would. - `broken`: what is stored contradicts itself. - `misconfigured`: what we need, as a secret, is not there.
 */
export type RegistryErrorCode =
  | "missing"
  | "refused"
  | "denied"
  | "busy"
  | "full"
  | "unreachable"
  | "failed"
  | "broken"
  | "misconfigured";

/** A registry's failure. The message holds no secret. */
export class RegistryError extends Error {
  readonly code: RegistryErrorCode;

  constructor(code: RegistryErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "RegistryError";
    this.code = code;
  }
}
