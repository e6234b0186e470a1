import { resolve } from "node:path";
import type { Trigger } from "../core/models/nextTrial.ts";
import { parseTargetUrl } from "../outgoing/endpoint.ts";
import type { Environment, Finder } from "../outgoing/finder.ts";
import { type ReadSettings, readSettings } from "../outgoing/settingsFile.ts";
import type { RegistrySettings } from "../registry/open.ts";
import { fitModels, type ModelsDocument, type RegistryDocument } from "./modelsSchema.ts";
import { planOf } from "./template.ts";

/** A model whose versions are tried, and by which plan. */
export type ModelSettings = {
  readonly name: string;
  /** The path of its template. */
  readonly planPath: string;
  readonly trigger: Trigger;
};

/** Which registry is looked at, how often, and for which models. */
export type ModelsSettings = {
  readonly registry: RegistrySettings;
  readonly everyMs: number;
  readonly models: readonly ModelSettings[];
};

/** The settings, or everything that is wrong, a line each. */
export type ReadModels = ReadSettings<ModelsSettings>;

/** Reads a file of models, with what it names: paths from its own folder, variables of `environment`, and every plan. Never rejects. */
export async function readModels(path: string, environment: Environment): Promise<ReadModels> {
  const read = readSettings(path, environment, {
    flag: "models",
    fit: fitModels,
    find: settingsOf,
  });
  if ("problems" in read) {
    return read;
  }
  const problems = await planProblems(read.settings.models);
  return problems.length > 0 ? { problems } : read;
}

function settingsOf(document: ModelsDocument, finder: Finder): ModelsSettings {
  finder.eachNameOnce("models", document.models);
  return {
    registry: registryOf(document.registry, finder),
    everyMs: document.every,
    models: document.models.map(({ name, plan, trigger }) => ({
      name,
      planPath: resolve(finder.folder, plan),
      trigger,
    })),
  };
}

function registryOf(document: RegistryDocument, finder: Finder): RegistrySettings {
  if (document.type === "embedded") {
    return { type: "embedded", path: resolve(finder.folder, document.file) };
  }
  const path = ["registry"];
  // The schema lets through no other.
  const url = parseTargetUrl(document.url) ?? new URL("http://localhost");
  const bearer = finder.secret(path, "bearer", document);
  finder.keepsToken(path, bearer, url);
  const ca = finder.certificates(path, document.caFile);
  return { type: "mlflow", url, bearer, ca, timeoutMs: document.timeout };
}

/** What is wrong with templates, each tried with versions, and which of them are of one rollout. */
async function planProblems(models: readonly ModelSettings[]): Promise<readonly string[]> {
  const owners = new Map<string, string>();
  const problems: string[] = [];
  for (const model of models) {
    const made = await planOf(model, { champion: 1, version: 2 });
    if ("problems" in made) {
      problems.push(...made.problems);
      continue;
    }
    const owner = owners.get(made.plan.name);
    if (owner !== undefined) {
      const allowed = "a name of its own for the rollout of each model";
      problems.push(
        `${model.planPath}: metadata.name: ${made.plan.name}: ${allowed} (${owner} has it)`,
      );
    }
    owners.set(made.plan.name, model.name);
  }
  return problems;
}
