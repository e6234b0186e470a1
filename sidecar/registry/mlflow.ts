import { basename } from "node:path";
import type { ModelVersion, RegisteredModel } from "../core/models/model.ts";
import {
  type Mark,
  type Naming,
  type Registered,
  type Registration,
  type Registry,
  RegistryError,
  TAG_VALUE_MAX,
  VERSIONS_MAX,
} from "../ports/registry.ts";
import type { Clock } from "../ports.ts";
import type { Server } from "./call.ts";
import { readContent } from "./content.ts";
import { ANSWERS, TAGS, versionOfAnswer } from "./mlflowAnswers.ts";
import { MlflowApi } from "./mlflowApi.ts";

/** An MLflow server, and how it is used. */
export type MlflowOptions = {
  readonly server: Server;
  readonly clock: Clock;
  /** A call that takes longer has failed; one that sends a model's file has ten minutes. */
  readonly timeoutMs: number;
};

const PAGE = 200;
/** The experiment that runs of `register` belong to. */
const EXPERIMENT = "understudy";
/** Artifacts that the server keeps itself; others only its own client can put where they go. */
const OWN_ARTIFACTS = /^mlflow-artifacts:\/(?:\/[^/]+\/)?(.*)$/;

/**
 * A registry in an MLflow server, over its REST API 2.0. What MLflow has no field for is in tags that begin with `understudy.`. Of two processes
 * that register the same content at the same time, both get the version that was first; the other one stays, unused.
 */
export function openMlflowRegistry(options: MlflowOptions): Registry {
  return new MlflowRegistry(options);
}

/** Where a run's artifacts go. */
type Run = { readonly id: string; readonly source: string; readonly folder: string };

class MlflowRegistry implements Registry {
  readonly #clock: Clock;
  readonly #api: MlflowApi;

  constructor({ server, clock, timeoutMs }: MlflowOptions) {
    this.#clock = clock;
    this.#api = new MlflowApi(server, timeoutMs);
  }

  async register(registration: Registration, signal: AbortSignal): Promise<Registered> {
    const { model, file, parent } = registration;
    const { sha256, bytes } = await readContent(file, signal);
    const found = await this.#firstOfContent(model, sha256, signal);
    if (found !== undefined) {
      return { version: found, isNew: false };
    }
    await this.#api.make("registered-models/create", { name: model }, signal);
    await this.#checkParent(model, parent, signal);
    const run = await this.#makeRun(registration, signal);
    await this.#api.upload(`${run.folder}/${basename(file)}`, { file, bytes }, signal);
    await this.#api.tell("runs/update", { run_id: run.id, status: "FINISHED" }, signal);
    const made = await this.#api.change(
      "model-versions/create",
      { name: model, source: run.source, run_id: run.id, tags: tagsOf(registration, sha256) },
      { answer: ANSWERS.version, signal },
    );
    const version = versionOfAnswer(made.model_version);
    const first = (await this.#firstOfContent(model, sha256, signal)) ?? version;
    return { version: first, isNew: first.version === version.version };
  }

  async read(model: string, signal: AbortSignal): Promise<RegisteredModel> {
    const found = await this.#api.find(
      "registered-models/get",
      { name: model },
      { answer: ANSWERS.model, signal },
    );
    if (found === undefined) {
      return { versions: [], aliases: new Map() };
    }
    const versions = await this.#search(`name = '${model}'`, signal);
    const { aliases } = found.registered_model;
    return { versions, aliases: new Map(aliases.map(({ alias, version }) => [alias, version])) };
  }

  async setAlias({ model, alias, version }: Naming, signal: AbortSignal): Promise<void> {
    const asked = { name: model, alias, version: String(version) };
    await this.#api.tell("registered-models/alias", asked, signal);
  }

  async mark({ model, version, stage, tags = {} }: Mark, signal: AbortSignal): Promise<void> {
    const all = stage === undefined ? tags : { ...tags, [TAGS.stage]: stage };
    for (const [key, value] of Object.entries(all)) {
      const asked = { name: model, version: String(version), ...tagOf(key, value) };
      await this.#api.tell("model-versions/set-tag", asked, signal);
    }
  }

  async close(): Promise<void> {
    // Keeps no connection.
  }

  /** The oldest version with that content. */
  async #firstOfContent(
    model: string,
    sha256: string,
    signal: AbortSignal,
  ): Promise<ModelVersion | undefined> {
    const ofContent = `name = '${model}' AND tag.\`${TAGS.sha256}\` = '${sha256}'`;
    return (await this.#search(ofContent, signal)).at(-1);
  }

  /** Versions that a filter lets through, the newest first. */
  async #search(filter: string, signal: AbortSignal): Promise<readonly ModelVersion[]> {
    const found: ModelVersion[] = [];
    const query = { filter, max_results: String(PAGE), order_by: "version_number DESC" };
    const as = { answer: ANSWERS.versions, signal };
    let page = "";
    do {
      const answer = await this.#api.find(
        "model-versions/search",
        { ...query, page_token: page },
        as,
      );
      found.push(...(answer?.model_versions ?? []).map(versionOfAnswer));
      page = answer?.next_page_token ?? "";
    } while (page !== "" && found.length < VERSIONS_MAX);
    return found.slice(0, VERSIONS_MAX).toSorted((a, b) => b.version - a.version);
  }

  async #checkParent(
    model: string,
    parent: number | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    if (parent === undefined) {
      return;
    }
    const query = { name: model, version: String(parent) };
    const as = { answer: ANSWERS.version, signal };
    if ((await this.#api.find("model-versions/get", query, as)) === undefined) {
      throw new RegistryError("missing", `${model} has no version ${parent}`);
    }
  }

  /** A run that holds the metrics, and will hold the file. */
  async #makeRun({ model, metrics }: Registration, signal: AbortSignal): Promise<Run> {
    const nowMs = Math.round(this.#clock.wallMs());
    const experiment_id = await this.#experiment(signal);
    const asked = { experiment_id, start_time: nowMs, run_name: model };
    const as = { answer: ANSWERS.run, signal };
    const { run_id: id, artifact_uri: uri } = (await this.#api.change("runs/create", asked, as)).run
      .info;
    const folder = OWN_ARTIFACTS.exec(uri)?.[1];
    if (folder === undefined) {
      throw new RegistryError(
        "refused",
        "this MLflow keeps artifacts elsewhere: serve them with --serve-artifacts, or register with MLflow's own client",
      );
    }
    const logged = Object.entries(metrics).map(([key, value]) => {
      return { key, value, timestamp: nowMs, step: 0 };
    });
    await this.#api.tell("runs/log-batch", { run_id: id, metrics: logged }, signal);
    return { id, source: `${uri}/model`, folder: `${folder}/model` };
  }

  async #experiment(signal: AbortSignal): Promise<string> {
    await this.#api.make("experiments/create", { name: EXPERIMENT }, signal);
    const query = { experiment_name: EXPERIMENT };
    const as = { answer: ANSWERS.experiment, signal };
    const found = await this.#api.find("experiments/get-by-name", query, as);
    if (found === undefined) {
      throw new RegistryError("refused", `the experiment ${EXPERIMENT} is deleted: restore it`);
    }
    return found.experiment.experiment_id;
  }
}

type Tag = { readonly key: string; readonly value: string };

function tagOf(key: string, value: string): Tag {
  return { key, value: value.slice(0, TAG_VALUE_MAX) };
}

function tagsOf(
  { trainingDataSha256, metrics, parent }: Registration,
  sha256: string,
): readonly Tag[] {
  return [
    { key: TAGS.sha256, value: sha256 },
    { key: TAGS.metrics, value: JSON.stringify(metrics) },
    ...(trainingDataSha256 === undefined
      ? []
      : [{ key: TAGS.trainingData, value: trainingDataSha256 }]),
    ...(parent === undefined ? [] : [{ key: TAGS.parent, value: String(parent) }]),
  ];
}
