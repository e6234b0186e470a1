import assert from "node:assert/strict";
import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { parse } from "yaml";
import type { RunningEnvoy } from "../../sidecar/envoy/start.ts";
import { clientOf } from "./client.ts";
import { envoyFor } from "./envoy.ts";
import { type RealSidecar, type RealSidecarOptions, startRealSidecar } from "./realSidecar.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

const EXAMPLES = new URL("../../examples/xds/", import.meta.url);
const REQUESTS = 600;
const PATH = "/v2/models/patient-risk/infer";

/** Listeners of the example's Envoy. */
export type Listener = "front" | "own-routes";

/** An Envoy of the example. */
export type XdsEnvoy = {
  readonly envoy: RunningEnvoy;
  /** Share of requests, in percent, that v2 answers; -1 where any is answered by neither version. */
  readonly share: (listener: Listener) => Promise<number>;
  /** Ends it before the test does. */
  readonly stop: () => Promise<void>;
};

/** The example in `examples/xds`, on free ports. */
export type XdsStage = {
  readonly v1: Upstream;
  readonly v2: Upstream;
  readonly sidecar: RealSidecar;
  readonly plan: string;
  /** Starts an Envoy of the example; `amend` changes its bootstrap. */
  readonly startEnvoy: (
    id: string,
    api: "GRPC" | "DELTA_GRPC",
    amend?: (bootstrap: Bootstrap) => void,
  ) => Promise<XdsEnvoy>;
  /** Writes the file of `--xds` anew, as it is after the change. */
  readonly rewrite: (change: (text: string) => string) => Promise<void>;
  /** Starts a sidecar where the one before was, with its store unless said otherwise. */
  readonly restart: (more?: RealSidecarOptions) => Promise<RealSidecar>;
};

/** What tests change of the example's bootstrap. */
export type Bootstrap = {
  node: { id: string };
  dynamic_resources: {
    ads_config: {
      api_type: string;
      grpc_services: { initial_metadata?: { key: string; value: string }[] }[];
    };
  };
  static_resources: {
    listeners: { name: string; address: { socket_address: { port_value: number } } }[];
  };
};

/** Starts two versions and the sidecar with the example's file, changed if so said, and with more flags of `serve`. */
export async function setXdsStage(
  context: TestContext,
  change: (text: string) => string = (text) => text,
  flags: readonly string[] = [],
): Promise<XdsStage> {
  const folder = await mkdtemp(join(tmpdir(), "understudy-xds-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const [v1, v2] = await Promise.all([startUpstream(context, "v1"), startUpstream(context, "v2")]);
  const file = join(folder, "envoys.yaml");
  const original = await readFile(new URL("envoys.yaml", EXAMPLES), "utf8");
  const write = async (text: string): Promise<void> => {
    await writeFile(`${file}.next`, text);
    await rename(`${file}.next`, file);
  };
  await write(change(original));
  const options = { storePath: join(folder, "store.sqlite"), args: ["--xds", file, ...flags] };
  const start = (more: RealSidecarOptions = {}) =>
    startRealSidecar(context, { ...options, ...more });
  const sidecar = await start();
  const port = sidecar.grpcPort;
  const ports = { v1: v1.port, v2: v2.port, sidecar: port };
  return {
    v1,
    v2,
    sidecar,
    plan: await readFile(new URL("plan.yaml", EXAMPLES), "utf8"),
    rewrite: (next) => write(next(original)),
    restart: (more = {}) => start({ port, ...more }),
    startEnvoy: async (id, api, amend = () => undefined) => {
      const bootstrap = await bootstrapOf(ports);
      bootstrap.node.id = id;
      bootstrap.dynamic_resources.ads_config.api_type = api;
      amend(bootstrap);
      const envoy = await envoyFor(context, { bootstrap, workers: 2 });
      return {
        envoy,
        share: (listener) => shareOf(context, envoy, listener),
        stop: () => envoy.stop(),
      };
    },
  };
}

async function bootstrapOf(ports: {
  readonly v1: number;
  readonly v2: number;
  readonly sidecar: number;
}): Promise<Bootstrap> {
  const text = await readFile(new URL("envoy.yaml", EXAMPLES), "utf8");
  const bootstrap: Bootstrap = parse(
    text
      .replace("port_value: 8081", `port_value: ${ports.v1}`)
      .replace("port_value: 8082", `port_value: ${ports.v2}`)
      .replace("port_value: 50051", `port_value: ${ports.sidecar}`),
  );
  for (const { address } of bootstrap.static_resources.listeners) {
    address.socket_address.port_value = 0;
  }
  return bootstrap;
}

async function shareOf(
  context: TestContext,
  envoy: RunningEnvoy,
  listener: Listener,
): Promise<number> {
  const port = envoy.ports.get(listener);
  assert(port !== undefined, `Envoy has a listener ${listener}`);
  const got = await clientOf(context, port).sendAll(Array(REQUESTS).fill({ path: PATH }));
  const by = (version: string) =>
    got.filter(({ status, body }) => status === 200 && body.includes(`"${version}"`)).length;
  const [first, second] = [by("v1"), by("v2")];
  return first + second === REQUESTS ? (100 * second) / REQUESTS : -1;
}
