import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root: string = join(dirname(fileURLToPath(import.meta.url)), "../..");
const tracked: readonly string[] = execFileSync(
  "git",
  ["ls-files", "--cached", "--others", "--exclude-standard"],
  { cwd: root, encoding: "utf8" },
)
  .split("\n")
  .filter((path) => path !== "" && existsSync(join(root, path)));
const sources: readonly string[] = tracked.filter((path) => path.endsWith(".ts"));
const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** What each room of the sidecar may import besides itself; a room is a folder, or a file beside the folders. main and sidecar put it together. */
const sidecarRooms: Readonly<Record<string, readonly string[]>> = {
  core: [],
  plan: ["core", "formats"],
  decode: ["core", "formats"],
  envoy: [],
  ports: ["core"],
  access: [],
  address: [],
  limits: [],
  packageFile: [],
  repeat: [],
  config: ["core", "address", "access"],
  log: ["ports"],
  metrics: ["core", "ports"],
  loop: ["core", "plan", "decode", "ports", "limits", "metrics", "log"],
  formats: ["core"],
  report: ["core"],
  sqlite: ["ports"],
  stores: ["core", "ports", "sqlite"],
  kube: ["core"],
  rolloutObjects: ["core", "kube", "plan", "ports", "repeat"],
  actuators: ["core", "kube", "ports"],
  outgoing: ["core", "plan", "ports", "access"],
  settings: ["config", "access", "alerts", "hooks", "outgoing", "metrics", "ports"],
  hooks: ["core", "plan", "ports", "access", "outgoing"],
  alerts: ["core", "plan", "ports", "access", "outgoing", "metrics", "repeat"],
  registry: ["core", "ports", "access", "outgoing", "sqlite"],
  retraining: ["core", "ports", "metrics", "repeat"],
  models: ["core", "plan", "ports", "registry", "outgoing", "metrics", "repeat"],
  xds: ["core", "plan", "ports", "access", "outgoing", "metrics"],
  server: [
    "core",
    "plan",
    "decode",
    "ports",
    "address",
    "access",
    "limits",
    "metrics",
    "log",
    "packageFile",
  ],
  cli: [
    "core",
    "plan",
    "config",
    "address",
    "access",
    "server",
    "formats",
    "report",
    "ports",
    "outgoing",
    "registry",
    "packageFile",
  ],
};

const imports = /(?:^(?:import|export)\s[^"';]*?from\s+|\bimport\()"([^"]+)"/gms;
const children = /\bnew URL\("([^"]+)"/g;

/** The relative files that a source names in the way of `pattern`, as paths from the root. */
function namedBy(path: string, pattern: RegExp): string[] {
  return [...read(path).matchAll(pattern)]
    .map((match) => match[1] ?? "")
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => posix.join(posix.dirname(path), specifier));
}

/** The room of a file: the name below `sidecar/` or `filter/`, without its extension. */
function roomOf(path: string): string {
  return (path.split("/")[1] ?? "").replace(/\.ts$/, "");
}

function crossings(top: string): [string, string][] {
  return sources
    .filter((path) => path.startsWith(`${top}/`))
    .flatMap((path) => namedBy(path, imports).map((target): [string, string] => [path, target]))
    .filter(([path, target]) => roomOf(path) !== roomOf(target) || !target.startsWith(`${top}/`));
}

test("each room of the sidecar imports only what it may", () => {
  const wrong = crossings("sidecar").filter(
    ([path, target]) =>
      !["main", "sidecar"].includes(roomOf(path)) &&
      !(target.startsWith("sidecar/") && sidecarRooms[roomOf(path)]?.includes(roomOf(target))),
  );
  assert.deepEqual(wrong, []);
});

test("the filter's policy and abi never meet, and import nothing else", () => {
  const wrong = crossings("filter").filter(([path]) => ["policy", "abi"].includes(roomOf(path)));
  assert.deepEqual(wrong, []);
});

test("no file of code is longer than 250 lines", () => {
  assert.deepEqual(
    sources.filter((path) => read(path).split("\n").length > 251),
    [],
  );
});

test("no source is left that nothing imports", () => {
  const used = new Set(
    sources
      .flatMap((path) => [...namedBy(path, imports), ...namedBy(path, children)])
      .map((path) => path.replace(/\.ts$/, "")),
  );
  const dead = sources
    .filter((path) => /^(sidecar|filter|test\/support)\//.test(path))
    .filter((path) => !used.has(path.replace(/\.ts$/, "")))
    .filter(
      (path) => !["sidecar/main.ts", "filter/index.ts", "filter/policy/index.ts"].includes(path),
    );
  assert.deepEqual(dead, []);
});

test("every path that a text names exists", () => {
  const named = tracked
    .filter((path) => path.endsWith(".md"))
    .flatMap((path) =>
      [...read(path).matchAll(/`((?:[\w.-]+\/)+[\w.-]*)`/g)].map((match): [string, string] => [
        path,
        match[1] ?? "",
      ]),
    )
    .filter(([, name]) => /^(filter|sidecar|proto|test|examples|bench|\.ci)\//.test(name));
  const missing = named.filter(
    ([path, name]) => !existsSync(join(root, name)) && !existsSync(join(root, dirname(path), name)),
  );
  assert.deepEqual(missing, []);
});

test("every npm script that a text names exists", () => {
  const scripts: unknown = JSON.parse(read("package.json")).scripts;
  assert.ok(typeof scripts === "object" && scripts !== null);
  const named = tracked
    .filter((path) => path.endsWith(".md"))
    .flatMap((path) =>
      [...read(path).matchAll(/npm run ([\w:]+)/g)].map((match) => match[1] ?? ""),
    );
  assert.deepEqual(
    named.filter((name) => !(name in scripts)),
    [],
  );
});

test("no unfinished work, vague file name, focused test or sleep is left", () => {
  const unfinished = /\b(TODO|FIXME|XXX)\b/;
  const vague = /(^|\/)(utils?|helpers?|common|misc|managers?)(\.ts|\/)/;
  const focusedOrSleeping =
    /\b(test|it|describe)\.(only|todo)\(|setTimeout\(\s*(r|res|resolve)\s*,\s*\d{2,}|sleep\(\d/;
  const marked = sources
    .filter((path) => path !== "test/repo/tidy.test.ts")
    .filter(
      (path) =>
        unfinished.test(read(path)) ||
        vague.test(path) ||
        (path.startsWith("test/") && focusedOrSleeping.test(read(path))),
    );
  assert.deepEqual(marked, []);
});

test("every direct dependency is pinned to one version", () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read("package.json"));
  const versions = Object.entries({
    ...dependencies,
    ...devDependencies,
    ...optionalDependencies,
  });
  assert.deepEqual(
    versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(String(version))),
    [],
  );
});
