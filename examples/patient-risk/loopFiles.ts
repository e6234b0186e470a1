import { execFile } from "node:child_process";
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { labelledRecords } from "./labelled.ts";
import { MODEL_NAME, type Version } from "./model.ts";

const run = promisify(execFile);
const beside = (path: string): string => new URL(path, import.meta.url).pathname;
const API = "understudy.dev/v1alpha1";

/** A version as the registry has it, as far as the demo shows it. */
export type Registered = {
  readonly version: number;
  readonly sha256: string;
  readonly trainingDataSha256?: string;
  readonly parent?: number;
  readonly stage: string;
  readonly aliases: readonly string[];
};

/** Writes what the sidecar is given for the loop, with v1 registered as champion, and returns its flags. */
export async function writeLoopFiles(
  folder: string,
  ports: Readonly<Record<Version, number>>,
  python: string | undefined,
): Promise<readonly string[]> {
  const at = (name: string): string => join(folder, name);
  const training = python === undefined ? [] : ["--python", python];
  const retrain = ["retrain.ts", "--folder", folder, "--registry", at("models.sqlite")];
  const hook = (name: string, [script = "", ...args]: readonly string[], timeout: string) => ({
    ...{ name, type: "command", timeout, giveUpAfter: "5m" },
    run: [process.execPath, beside(script), ...args],
  });
  const hooks = [
    hook("deployed", ["deployed.ts", at("ports.json")], "10s"),
    hook("retrain", [...retrain, ...training], "3m"),
  ];
  const models = [{ name: MODEL_NAME, plan: "template.yaml", trigger: "newVersion" }];
  const registry = { type: "embedded", file: "models.sqlite" };
  // JSON is YAML too.
  const written = {
    "ports.json": ports,
    "hooks.yaml": { apiVersion: API, kind: "Hooks", source: "demo", hooks },
    "models.yaml": { apiVersion: API, kind: "Models", registry, every: "1s", models },
  };
  for (const [name, content] of Object.entries(written)) {
    await writeFile(at(name), JSON.stringify(content));
  }
  await writeFile(at("labelled.csv"), await labelledRecords());
  await copyFile(beside("template-loop.yaml"), at("template.yaml"));
  await copyFile(beside("reference.json"), at("reference.json"));
  await register(folder, "v1", ["--alias", "champion"]);
  return ["--hooks", at("hooks.yaml"), "--models", at("models.yaml")];
}

/** Registers a version that was trained ahead. */
export async function register(
  folder: string,
  version: "v1" | "v2",
  more: readonly string[],
): Promise<void> {
  await registry(folder, ["register", beside(`models/${version}.onnx`), ...more]);
}

/** What the registry has, the newest first. */
export async function registered(folder: string): Promise<readonly Registered[]> {
  const { versions }: { readonly versions: readonly Registered[] } = JSON.parse(
    await registry(folder, ["list", "--output", "json"]),
  );
  return versions;
}

async function registry(folder: string, args: readonly string[]): Promise<string> {
  const [deed = "", ...rest] = args;
  const to = ["--model", MODEL_NAME, "--registry", join(folder, "models.sqlite")];
  const verb = [beside("../../sidecar/main.ts"), "registry", deed, ...rest, ...to];
  return (await run(process.execPath, verb)).stdout;
}
