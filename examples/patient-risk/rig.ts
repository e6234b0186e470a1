import { once } from "node:events";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { FoundEnvoy } from "../../sidecar/envoy/find.ts";
import { type RunningEnvoy, startEnvoy } from "../../sidecar/envoy/start.ts";
import { readStats } from "../../sidecar/envoy/stats.ts";
import type { ServerStats } from "./api.ts";
import { bootstrap, FILTER, FRONT, filterResponse } from "./bootstrap.ts";
import { VERSIONS, type Version } from "./model.ts";
import { endWithThisProcess, type Running, startNode } from "./processes.ts";

/** Every process of the demo but the traffic: model servers, sidecar, Envoy. */
export type Rig = {
  readonly frontPort: number;
  readonly adminPort: number;
  /** The sidecar's addresses, host and port. */
  readonly grpc: string;
  readonly http: string;
  readonly modelPorts: Readonly<Record<Version, number>>;
  /** Where the logs are. */
  readonly folder: string;
  /** Gives Envoy another plugin configuration while it serves; resolves when it has taken it. */
  configure(plugin: object): Promise<void>;
  /** Starts the server of a version that was to be deployed later, with more arguments. */
  deploy(version: Version, args: readonly string[]): Promise<void>;
  /** What a version's server counted. */
  stats(version: Version): Promise<ServerStats>;
  /** Rejects when a process ends by itself. */
  readonly failed: Promise<never>;
  /** Ends every process; logs are kept when asked for. */
  stop(logs: "keep" | "remove"): Promise<void>;
};

const WASM_FILE = new URL("../../build/filter.wasm", import.meta.url).pathname;
const ENVOY_WORKERS = 2;
const TAKEN_TIMEOUT_MS = 10_000;
const POLL_MS = 50;

const script = (path: string): string => new URL(path, import.meta.url).pathname;

/** What is otherwise than usual. */
export type RigOptions = {
  /** Versions that are deployed later, with `deploy`. */
  readonly later?: readonly Version[];
  /** More flags of the sidecar, once it is known in which folder everything is and on which ports versions are served. */
  readonly sidecarFlags?: (folder: string, ports: Rig["modelPorts"]) => Promise<readonly string[]>;
};

/** Starts all on free loopback ports, with the filter configured for the first rollout. Rejects, leaving nothing running, when one does not start. */
export async function startRig(
  envoy: FoundEnvoy,
  plugin: object,
  { later = [], sidecarFlags }: RigOptions = {},
): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), "understudy-demo-"));
  const stops: (() => Promise<void>)[] = [];
  const stop = async (logs: "keep" | "remove"): Promise<void> => {
    for (const end of stops.splice(0).reverse()) {
      await end();
    }
    if (logs === "remove") {
      await rm(folder, { recursive: true, force: true });
    }
  };
  const started = <Ready>(running: Running<Ready>): Running<Ready> => {
    stops.push(() => running.stop());
    return running;
  };
  try {
    const served = VERSIONS.filter((version) => !later.includes(version));
    const servers = await Promise.all(
      served.map((version) => startModelServer(version, folder).then(started)),
    );
    const reserved = await Promise.all(
      later.map(async (version) => ({ version, port: await freePort() })),
    );
    const modelPorts = portsOf([...servers.map(({ ready }) => ready), ...reserved]);
    const more = (await sidecarFlags?.(folder, modelPorts)) ?? [];
    const sidecar = started(await startSidecar(folder, more));
    const { grpc, http } = sidecar.ready;
    const sidecarPort = Number(grpc.split(":").at(-1));
    const filterFile = join(folder, "filter.json");
    await writeFile(filterFile, JSON.stringify(filterResponse(WASM_FILE, plugin)));
    const front = await startEnvoy({
      path: envoy.path,
      bootstrap: bootstrap({ modelPorts, sidecarPort, filterFile, folder }),
      workers: ENVOY_WORKERS,
    });
    endWithThisProcess(front.pid, front.ended);
    let stopping = false;
    stops.push(() => {
      stopping = true;
      return front.stop();
    });
    const envoyFailed = front.ended.then(() => (stopping ? NEVER : endedByItself(front)));
    const failed = Promise.race([sidecar.failed, envoyFailed, ...servers.map((s) => s.failed)]);
    failed.catch(() => {});
    return {
      ...{ grpc, http, modelPorts, folder, failed, stop },
      frontPort: front.ports.get(FRONT) ?? 0,
      adminPort: front.adminPort,
      configure: (next) => configure(front, filterFile, next),
      deploy: async (version, args) => {
        const port = ["--port", `${modelPorts[version]}`];
        started(await startModelServer(version, folder, [...port, ...args]));
      },
      stats: (version) => statsOf(modelPorts[version]),
    };
  } catch (error) {
    await stop("remove");
    throw error;
  }
}

const NEVER = new Promise<never>(() => {});

function endedByItself(front: RunningEnvoy): Promise<never> {
  return Promise.reject(new Error(`Envoy has ended by itself:\n${front.log().slice(-2_000)}`));
}

async function statsOf(port: number): Promise<ServerStats> {
  const response = await fetch(`http://127.0.0.1:${port}/stats`);
  return JSON.parse(await response.text());
}

type ServerReady = { readonly version: Version; readonly port: number };

function startModelServer(
  version: Version,
  folder: string,
  more: readonly string[] = [],
): Promise<Running<ServerReady>> {
  return startNode({
    name: `model-${version}`,
    args: [script("server.ts"), "--version", version, ...more],
    folder,
    ready: ({ msg, port }) =>
      msg === "listening" && typeof port === "number" ? { version, port } : undefined,
  });
}

function portsOf(servers: readonly ServerReady[]): Readonly<Record<Version, number>> {
  const port = (version: Version): number =>
    servers.find((server) => server.version === version)?.port ?? 0;
  return { v1: port("v1"), v2: port("v2"), v3: port("v3"), v4: port("v4") };
}

type SidecarReady = { readonly grpc: string; readonly http: string };

function startSidecar(folder: string, more: readonly string[]): Promise<Running<SidecarReady>> {
  const free = "127.0.0.1:0";
  return startNode({
    name: "sidecar",
    args: [
      ...[script("../../sidecar/main.ts"), "serve", "--grpc", free, "--http", free],
      ...["--store", join(folder, "store.sqlite"), ...more],
    ],
    folder,
    ready: ({ grpc, http }) =>
      typeof grpc === "string" && typeof http === "string" ? { grpc, http } : undefined,
  });
}

/** A port that nothing listens on; whoever wants it is soon to take it. */
async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** The file is replaced in one step; Envoy watches its folder. A configuration that is refused leaves the old one in force. */
async function configure(front: RunningEnvoy, file: string, plugin: object): Promise<void> {
  const before = await updates(front);
  const next = `${file}.next`;
  await writeFile(next, JSON.stringify(filterResponse(WASM_FILE, plugin)));
  await rename(next, file);
  const deadline = Date.now() + TAKEN_TIMEOUT_MS;
  for (;;) {
    const { taken, refused } = await updates(front);
    if (taken > before.taken) {
      return;
    }
    if (refused > before.refused || Date.now() > deadline) {
      throw new Error(
        `Envoy did not take the filter's configuration:\n${front.log().slice(-2_000)}`,
      );
    }
    await delay(POLL_MS);
  }
}

async function updates(
  front: RunningEnvoy,
): Promise<{ readonly taken: number; readonly refused: number }> {
  const prefix = `extension_config_discovery.http_filter.${FILTER}`;
  const stats = await readStats(front.adminPort, `^${prefix}\\.update_`);
  return {
    taken: stats.get(`${prefix}.update_success`) ?? 0,
    refused: stats.get(`${prefix}.update_rejected`) ?? 0,
  };
}
