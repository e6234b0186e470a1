import { type ChildProcess, spawn } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { EnvoyError } from "./error.ts";

/** What to start. */
export type EnvoyStart = {
  /** The binary, as `findEnvoy` found it. */
  readonly path: string;
  /** The bootstrap, as JSON has it, without `admin`: that is put on a free loopback port. */
  readonly bootstrap: object;
  /** Number of worker threads. */
  readonly workers: number;
  /** More command line arguments; default none. */
  readonly args?: readonly string[];
};

/** An Envoy under way. */
export type RunningEnvoy = {
  readonly pid: number;
  readonly adminPort: number;
  /** The port of each listener, by its name. */
  readonly ports: ReadonlyMap<string, number>;
  /** Where its bootstrap and its log are. */
  readonly folder: string;
  /** What it logged so far. */
  log(): string;
  /** Settles when the process has ended. */
  readonly ended: Promise<void>;
  /** Ends it, by force after 5 s; its folder goes too unless it is to be kept. */
  stop(folder?: "keep" | "remove"): Promise<void>;
};

const READY_TIMEOUT_MS = 20_000;
const POLL_MS = 20;
const STOP_TIMEOUT_MS = 5_000;
const LOG_TAIL_LINES = 15;

/**
 * Starts Envoy with its own folder, its admin and any listener of port 0 on free ports, and waits until it is ready. Rejects with an EnvoyError that ends with
 * the last lines of its log.
 */
export async function startEnvoy(start: EnvoyStart): Promise<RunningEnvoy> {
  const folder = await mkdtemp(join(tmpdir(), "understudy-envoy-"));
  const child = await launch(start, folder);
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const log = (): string => readFileSync(join(folder, "log"), "utf8");
  const stop = async (kept: "keep" | "remove" = "remove"): Promise<void> => {
    const force = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    child.kill("SIGTERM");
    await ended;
    clearTimeout(force);
    if (kept === "remove") {
      await rm(folder, { recursive: true, force: true });
    }
  };
  try {
    const alive = (): boolean => child.exitCode === null && child.signalCode === null;
    const adminPort = await adminPortOf(join(folder, "admin"), alive);
    await ready(adminPort, alive);
    const ports = await listenerPorts(adminPort);
    return { pid: child.pid ?? -1, adminPort, ports, folder, log, ended, stop };
  } catch (error) {
    const tail = log().trim().split("\n").slice(-LOG_TAIL_LINES).join("\n");
    await stop();
    throw new EnvoyError("unusable", `Envoy did not start:\n${tail}`, { cause: error });
  }
}

async function launch(start: EnvoyStart, folder: string): Promise<ChildProcess> {
  const admin = { address: { socket_address: { address: "127.0.0.1", port_value: 0 } } };
  const config = join(folder, "bootstrap.json");
  await writeFile(config, JSON.stringify({ ...start.bootstrap, admin }));
  const output = openSync(join(folder, "log"), "a");
  return spawn(
    start.path,
    [
      ...["--config-path", config, "--concurrency", `${start.workers}`, "--log-level", "warn"],
      ...["--admin-address-path", join(folder, "admin"), "--disable-hot-restart"],
      ...(start.args ?? []),
    ],
    { stdio: ["ignore", output, output] },
  );
}

async function adminPortOf(file: string, alive: () => boolean): Promise<number> {
  const address = await poll(alive, async () => {
    const text = await readFile(file, "utf8").catch(() => "");
    return /:(\d+)\s*$/.exec(text)?.[1];
  });
  return Number(address);
}

async function ready(adminPort: number, alive: () => boolean): Promise<void> {
  await poll(alive, async () => {
    const response = await fetch(`http://127.0.0.1:${adminPort}/ready`).catch(() => undefined);
    await response?.body?.cancel();
    return response?.status === 200 ? true : undefined;
  });
}

/** Asks until there is an answer; rejects when the process has ended or time is up. */
async function poll<Result>(
  alive: () => boolean,
  ask: () => Promise<Result | undefined>,
): Promise<Result> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (alive() && Date.now() < deadline) {
    const result = await ask();
    if (result !== undefined) {
      return result;
    }
    await delay(POLL_MS);
  }
  throw new Error(alive() ? `not ready after ${READY_TIMEOUT_MS} ms` : "the process has ended");
}

type ListenerStatuses = {
  readonly listener_statuses?: readonly {
    readonly name: string;
    readonly local_address?: { readonly socket_address?: { readonly port_value?: number } };
  }[];
};

async function listenerPorts(adminPort: number): Promise<ReadonlyMap<string, number>> {
  const response = await fetch(`http://127.0.0.1:${adminPort}/listeners?format=json`);
  const { listener_statuses: statuses = [] }: ListenerStatuses = JSON.parse(await response.text());
  return new Map(
    statuses.map(({ name, local_address: local }) => [
      name,
      local?.socket_address?.port_value ?? 0,
    ]),
  );
}
