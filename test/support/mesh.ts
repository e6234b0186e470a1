import assert from "node:assert/strict";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { RunningEnvoy } from "../../sidecar/envoy/start.ts";
import { readStats } from "../../sidecar/envoy/stats.ts";
import { envoyFor } from "./envoy.ts";
import { discoveryResponse, FILTER_NAME, type MeshPorts, meshBootstrap } from "./meshConfig.ts";
import { endWithThisProcess } from "./orphans.ts";
import { until } from "./until.ts";

const WASM_FILE = new URL("../../build/filter.wasm", import.meta.url).pathname;
const UPDATE_MS_MAX = 15_000;
const LOG_TAIL_LINES = 15;

/** Worker threads of every mesh's Envoy. */
export const WORKERS = 2;

/** Streams that one Envoy holds to its sidecar: one for each worker, and one for its main thread. */
export const STREAMS: number = WORKERS + 1;

/** An Envoy with the filter. */
export type Mesh = {
  /** Where users come in. */
  readonly port: number;
  readonly envoy: RunningEnvoy;
  /** Ends it before the test does. */
  stop(): Promise<void>;
  /** Names of the filter's counters that are above zero, without prefix, and their values. */
  counters(): Promise<Readonly<Record<string, number>>>;
  /** One counter of the filter. */
  counter(name: string): Promise<number>;
  /** Waits until a counter of the filter is at least so much; returns its value. */
  counted(name: string, atLeast: number): Promise<number>;
  /** Gives the filter another configuration while it runs; settles when Envoy took or refused it. */
  reconfigure(configuration: unknown): Promise<"taken" | "refused">;
};

/** What a mesh is made of. */
export type MeshParts = { readonly ports: MeshPorts; readonly configuration: unknown };

/** Starts an Envoy with the filter; it ends with the test. */
export async function startMesh(context: TestContext, parts: MeshParts): Promise<Mesh> {
  const folder = await mkdtemp(join(tmpdir(), "understudy-mesh-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "filter.json");
  let version = 0;
  const publish = async (configuration: unknown): Promise<void> => {
    version += 1;
    const text = typeof configuration === "string" ? configuration : JSON.stringify(configuration);
    // Envoy sees a file that was moved into place, never one half written.
    await writeFile(`${file}.next`, JSON.stringify(discoveryResponse(WASM_FILE, text, version)));
    await rename(`${file}.next`, file);
  };
  await publish(parts.configuration);
  let faults: readonly string[] | undefined;
  const look = (): void => {
    faults ??= faultsOf(envoy);
  };
  context.after(look);
  const envoy = await envoyFor(context, {
    bootstrap: meshBootstrap(parts.ports, file),
    workers: WORKERS,
  });
  endWithThisProcess(envoy.pid);
  context.after(() => assert.deepEqual(faults, [], "the filter never traps and Envoy lives"));
  const port = envoy.ports.get("front");
  assert(port !== undefined, "Envoy has a listener named front");
  const counters = (): Promise<Readonly<Record<string, number>>> => filterCounters(envoy);
  const counter = async (name: string): Promise<number> => (await counters())[name] ?? 0;
  return {
    port,
    envoy,
    stop: async () => {
      look();
      await envoy.stop();
    },
    counters,
    counter,
    counted: (name, atLeast) =>
      until(
        async () => {
          const count = await counter(name);
          return count >= atLeast && count;
        },
        { deadlineMs: UPDATE_MS_MAX, what: `the filter's counter ${name} is ${atLeast} or more` },
      ),
    reconfigure: async (configuration) => {
      const before = await updates(envoy);
      await publish(configuration);
      return await until(
        async () => {
          const { taken, refused } = await updates(envoy);
          return taken > before.taken ? "taken" : refused > before.refused && "refused";
        },
        { deadlineMs: UPDATE_MS_MAX, what: "Envoy looked at the filter's new configuration" },
      );
    },
  };
}

/** What a trap in the filter, or the end of Envoy, leaves in its log. */
function faultsOf(envoy: RunningEnvoy): readonly string[] {
  const lines = envoy.log().split("\n");
  const traps = lines.filter((line) =>
    /Function: \w+ failed|in-VM backtrace|panic|Caught |\[assert\]/.test(line),
  );
  return isAlive(envoy.pid) ? traps : [...traps, ...lines.slice(-LOG_TAIL_LINES)];
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function filterCounters(envoy: RunningEnvoy): Promise<Readonly<Record<string, number>>> {
  const prefix = `wasmcustom.${FILTER_NAME}.`;
  const stats = await readStats(envoy.adminPort, `^${prefix.replaceAll(".", "\\.")}`);
  const counts = [...stats].filter(([, value]) => value > 0);
  return Object.fromEntries(counts.map(([name, value]) => [name.slice(prefix.length), value]));
}

async function updates(envoy: RunningEnvoy): Promise<{ taken: number; refused: number }> {
  const stats = await readStats(envoy.adminPort, "^extension_config_discovery\\.");
  const sum = (suffix: string): number =>
    [...stats].reduce((total, [name, value]) => total + (name.endsWith(suffix) ? value : 0), 0);
  return { taken: sum(".update_success"), refused: sum(".update_rejected") };
}
