import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseCounts, type SidecarCounts } from "./counts.ts";

const MAIN: string = fileURLToPath(new URL("../../sidecar/main.ts", import.meta.url));
const START_MS_MAX = 20_000;
const STOP_MS_MAX = 5_000;
/** Counts are settled when they are the same twice, this far apart: longer than the filter waits for a batch to fill. */
const SETTLE_MS = 1_500;
const SETTLE_LOOKS_MAX = 20;

/** The sidecar as a process of its own, as users run it. */
export type Sidecar = {
  readonly pid: number;
  readonly grpcPort: number;
  /** What it has received so far, from its metrics. */
  counts(): Promise<SidecarCounts>;
  /** Starts the rollout of a plan. Rejects with what the sidecar says against it. */
  apply(plan: string): Promise<void>;
  stop(): Promise<void>;
};

/** Starts the sidecar on free ports with a store of its own, and with these flags of `serve`. Rejects with its log when it ends early or says no ports in 20 s. */
export async function startSidecar(flags: readonly string[] = []): Promise<Sidecar> {
  const folder = mkdtempSync(join(tmpdir(), "understudy-bench-"));
  const args = ["--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"];
  const child = spawn(
    process.execPath,
    [MAIN, "serve", ...args, "--store", join(folder, "store.db"), ...flags],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const stop = async (): Promise<void> => {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const { grpc, http } = await boundAddresses(child);
    return {
      pid: child.pid ?? 0,
      grpcPort: Number(grpc.split(":").at(-1)),
      counts: async () => parseCounts(await (await fetch(`http://${http}/metrics`)).text()),
      apply: async (plan) => {
        const file = join(folder, "plan.yaml");
        writeFileSync(file, plan);
        await runVerb(["apply", file, "--server", grpc]);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The counts once nothing more comes in; what they are after 30 s when it never ends. */
export async function settled(sidecar: Sidecar): Promise<SidecarCounts> {
  let before = await sidecar.counts();
  for (let look = 0; look < SETTLE_LOOKS_MAX; look++) {
    await sleep(SETTLE_MS);
    const counts = await sidecar.counts();
    if (JSON.stringify(counts) === JSON.stringify(before)) {
      return counts;
    }
    before = counts;
  }
  return before;
}

/** Reads the sidecar's log until it has said where it listens. The log is read on to its end, so that the sidecar never blocks on it. */
async function boundAddresses(child: ChildProcess): Promise<{ grpc: string; http: string }> {
  const lines: string[] = [];
  return await new Promise((resolve, reject) => {
    const fail = (why: string): void =>
      reject(new Error(`the sidecar ${why}; its log:\n${lines.join("\n")}`));
    const timer = setTimeout(() => fail(`said no addresses in ${START_MS_MAX} ms`), START_MS_MAX);
    child.once("exit", (code) => fail(`ended with ${code}`));
    const found: { grpc?: string; http?: string } = {};
    const log = createInterface({ input: child.stdout ?? process.stdin });
    log.on("line", (line) => {
      lines.push(line);
      Object.assign(found, addressesIn(line));
      if (found.grpc !== undefined && found.http !== undefined) {
        clearTimeout(timer);
        lines.length = 0;
        resolve({ grpc: found.grpc, http: found.http });
      }
    });
  });
}

/** The addresses that a line of the log names, if it does. */
function addressesIn(line: string): { grpc?: string; http?: string } {
  try {
    const { grpc, http }: { grpc?: unknown; http?: unknown } = JSON.parse(line);
    return {
      ...(typeof grpc === "string" ? { grpc } : {}),
      ...(typeof http === "string" ? { http } : {}),
    };
  } catch {
    return {};
  }
}

async function runVerb(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => said.push(String(chunk)));
  }
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) {
    throw new Error(`understudy ${args.join(" ")} ended with ${code}: ${said.join("").trim()}`);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const force = setTimeout(() => child.kill("SIGKILL"), STOP_MS_MAX);
  child.kill("SIGTERM");
  await gone;
  clearTimeout(force);
}
