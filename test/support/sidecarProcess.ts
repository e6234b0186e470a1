import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { until } from "./until.ts";

/** A sidecar in a process of its own. */
export type SidecarProcess = {
  readonly grpc: string;
  readonly http: string;
  readonly child: ChildProcess;
  /** Lines of its log, parsed. */
  readonly logged: () => readonly Record<string, unknown>[];
  /** Its resident memory. */
  readonly rssBytes: () => number;
  readonly metric: (name: string) => Promise<number>;
};

const main = fileURLToPath(new URL("../../sidecar/main.ts", import.meta.url));

/** Whatever ends at some time: a test, or a file of tests. */
export type Owner = { readonly after: (end: () => void) => void };

/** How it is started. */
export type SidecarProcessOptions = {
  readonly storePath?: string;
  readonly filesMax?: number;
  readonly alertsPath?: string;
  readonly hooksPath?: string;
  readonly modelsPath?: string;
  /** A folder in which Node keeps what it has compiled: the next one starts three times as fast. */
  readonly compileCachePath?: string;
};

/** Begins to start one on free ports; it is killed with the test. */
export function spawnSidecar(
  context: Owner,
  options: SidecarProcessOptions = {},
): ChildProcessWithoutNullStreams {
  const flags = ["--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"];
  const store = ["--store", options.storePath ?? "memory"];
  const limit = options.filesMax === undefined ? "" : `ulimit -n ${options.filesMax};`;
  const alerts = options.alertsPath === undefined ? [] : ["--alerts", options.alertsPath];
  const hooks = options.hooksPath === undefined ? [] : ["--hooks", options.hooksPath];
  const models = options.modelsPath === undefined ? [] : ["--models", options.modelsPath];
  const args = [
    process.execPath,
    main,
    "serve",
    ...flags,
    ...store,
    ...alerts,
    ...hooks,
    ...models,
  ];
  const cache = options.compileCachePath;
  const child = spawn("sh", ["-c", `${limit} exec "$0" "$@"`, ...args], {
    env: { ...process.env, ...(cache !== undefined && { NODE_COMPILE_CACHE: cache }) },
  });
  context.after(() => child.kill("SIGKILL"));
  return child;
}

/** Starts one on free ports, and waits until it serves; it is killed with the test. */
export async function startSidecarProcess(
  context: Owner,
  options: SidecarProcessOptions = {},
): Promise<SidecarProcess> {
  const child = spawnSidecar(context, options);
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    output += chunk;
  });
  const logged = (): Record<string, unknown>[] =>
    output
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line));
  const serving = await until(
    () => {
      if (child.exitCode !== null) {
        throw new Error(`the sidecar ended with ${child.exitCode}: ${output}`);
      }
      return logged().find(({ msg }) => msg === "serving");
    },
    { deadlineMs: 30_000, what: "the sidecar serves" },
  );
  const [grpc, http] = [String(serving.grpc), String(serving.http)];
  return {
    grpc,
    http,
    child,
    logged,
    rssBytes: () => {
      const pages = readFileSync(`/proc/${child.pid}/statm`, "utf8").split(" ")[1];
      return Number(pages) * 4_096;
    },
    metric: async (name) => {
      const lines = (await (await fetch(`http://${http}/metrics`)).text()).split("\n");
      return Number(lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1) ?? 0);
    },
  };
}
