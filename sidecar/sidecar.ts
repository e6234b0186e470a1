import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { ChosenActuator } from "./actuators/chosen.ts";
import { controlPlanesOf } from "./actuators/controlPlanes.ts";
import { FILTERS_RETURN_MS, FiltersActuator } from "./actuators/filters.ts";
import { addressText } from "./address.ts";
import type { AlertSettings } from "./alerts/alertsFile.ts";
import { targetsOf } from "./alerts/targets.ts";
import { Teller } from "./alerts/teller.ts";
import type { Config } from "./config.ts";
import type { HooksSettings } from "./hooks/hooksFile.ts";
import { Listed } from "./hooks/listed.ts";
import { type Cluster, openCluster } from "./kube/cluster.ts";
import { LIMITS, type Limits } from "./limits.ts";
import { examinersCounting } from "./loop/examiner.ts";
import { Loop } from "./loop.ts";
import { createMetrics } from "./metrics.ts";
import { ModelKeeper, type ModelKeeperParts } from "./models/keeper.ts";
import type { ModelsSettings } from "./models/modelsFile.ts";
import type { Environment } from "./outgoing/finder.ts";
import type { Clock, Log, RolloutView } from "./ports.ts";
import { openRegistry } from "./registry/open.ts";
import { RetrainingKeeper } from "./retraining/keeper.ts";
import { RolloutObjects, type RolloutObjectsParts } from "./rolloutObjects/rolloutObjects.ts";
import { Entry } from "./server/entry.ts";
import { GrpcServer, type GrpcServerParts } from "./server/grpcServer.ts";
import { type HttpParts, HttpServer } from "./server/httpServer.ts";
import { LabelHandler } from "./server/labels.ts";
import { ObserveHandler } from "./server/observe.ts";
import { RolloutApi } from "./server/rolloutApi.ts";
import { RolloutHandler } from "./server/rollouts.ts";
import { XdsHandler } from "./server/xds.ts";
import { followSettings } from "./settings.ts";
import { openStores } from "./stores/open.ts";
import { openEnvoys } from "./xds/envoys.ts";

/** What a sidecar needs of the process it is in. */
export type Surroundings = {
  readonly log: Log;
  readonly clock: Clock;
  readonly random: () => number;
  readonly limits?: Limits;
  /** How long filters may take to come back after a start. */
  readonly filtersReturnMs?: number;
  /** Variables that the files of alerts and hooks may name; none when it is absent. */
  readonly environment?: Environment;
  /** Who is told of what happens. */
  readonly alerts?: AlertSettings | undefined;
  /** What plans may have asked. */
  readonly hooks?: HooksSettings | undefined;
  /** Models whose versions are tried, and their registry. */
  readonly models?: ModelsSettings | undefined;
};

/** A sidecar that serves. */
export type Sidecar = {
  /** Addresses with the ports that were had. */
  readonly grpc: string;
  readonly http: string;
  /** Looks now for changes of the files that it was started with, which are seen within a second anyway. */
  reload(): Promise<void>;
  /** Ends it in order; what was decided is saved. */
  stop(): Promise<void>;
};

/** A loop that has not turned for this long is stuck. */
const STUCK_MS = 2_000;
const DRAIN_MS = 5_000;
/** What gives a sidecar an actuator that it may lack. */
const FLAGS = { istio: "--kube SOURCE", gatewayApi: "--kube SOURCE" };

/** Puts the parts together and serves. Rejects when the store or an address can't be had. */
export async function startSidecar(config: Config, surroundings: Surroundings): Promise<Sidecar> {
  const parts = await assemble(config, surroundings);
  const { files, stores, controlPlanes, objects, loop, readers, grpc, http } = parts;
  const ending = new AbortController();
  try {
    await loop.open();
    for (const reader of readers) {
      await reader.open();
    }
    const ports = { grpc: await grpc.listen(config.grpc), http: await http.listen(config.http) };
    const turning = loop.run(ending.signal);
    for (const reader of readers) {
      reader.start();
    }
    objects?.start();
    return {
      grpc: addressText({ ...config.grpc, port: ports.grpc }),
      http: addressText({ ...config.http, port: ports.http }),
      reload: async () => {
        await Promise.all(files.map((file) => file.check()));
      },
      // Callers first, so that nothing new comes; then the loop, which saves, and who reads its log; then the store; the HTTP port tells to the end.
      stop: async () => {
        await grpc.stop(DRAIN_MS);
        files.forEach((file) => void file.close());
        await objects?.stop();
        ending.abort();
        await turning;
        await controlPlanes.stop();
        for (const reader of readers) {
          await reader.stop();
        }
        await stores.close();
        await http.stop();
      },
    };
  } catch (error) {
    await grpc.stop(0);
    files.forEach((file) => void file.close());
    await controlPlanes.stop();
    await stores.close();
    throw error;
  }
}

/** Whoever follows the log of events from a place that is kept in the store. */
type LogReader = { open(): Promise<void>; start(): void; stop(): Promise<void> };

/** The parts, none of which does anything yet but the stores, which are open. */
async function assemble(config: Config, surroundings: Surroundings) {
  const { log, clock, random, limits = LIMITS, environment = {} } = surroundings;
  const metrics = createMetrics();
  const entry = await Entry.open(config, { clock, log, metrics });
  const steadyMs = (): number => clock.steadyMs();
  const reported = (rollout: string): void => loop.recheck(rollout);
  const { filtersReturnMs: returnMs = FILTERS_RETURN_MS } = surroundings;
  const filters = new FiltersActuator({ reported, returnMs });
  const envoys = await openEnvoys(config.xdsPath, { log, metrics, reported });
  const kubeParts = { filters, random, steadyMs, reported };
  const cluster = config.kube === undefined ? undefined : await openCluster(config.kube);
  const controlPlanes = controlPlanesOf(cluster, kubeParts);
  const stores = await openStores(config.storePath);
  const { store, predictions } = stores;
  const parts = { log, clock, random, metrics, limits };
  const listed = new Listed(surroundings.hooks, clock);
  const loop: Loop = new Loop({
    ...parts,
    store,
    predictions,
    actuator: new ChosenActuator({
      byKind: { filters, xds: envoys.actuator, ...controlPlanes.byKind },
      flags: FLAGS,
    }),
    ...listed,
    makeExaminer: examinersCounting({ metrics, random, steadyMs }),
  });
  const keepers = modelKeepers(surroundings, { ...parts, rollouts: loop, journal: store });
  const teller = new Teller(targetsOf(surroundings.alerts, clock), {
    ...parts,
    journal: store,
    views: () => loop.list(),
    isStoreTrusted: () => loop.isStoreTrusted,
    conditions: () => keepers.flatMap(({ conditions }) => conditions),
  });
  const views = (): readonly RolloutView[] => loop.list();
  const retraining = new RetrainingKeeper({ ...parts, ...listed, journal: store, views });
  const readers: readonly LogReader[] = [teller, retraining, ...keepers];
  const api = new RolloutApi({ ...parts, rollouts: loop });
  const { grpc, http } = serversOf(entry, {
    ...parts,
    ...standingOf(loop, teller),
    api,
    observe: new ObserveHandler({ ...parts, hub: filters, intake: loop }),
    rollouts: new RolloutHandler({ ...parts, api }),
    labels: new LabelHandler({ ...parts, labels: loop.labels }),
    discovery: new XdsHandler({ ...parts, hub: envoys.actuator }),
  });
  const objects = objectsOf(config, { ...parts, cluster, rollouts: loop });
  const settings = await followSettings(config, {
    ...{ ...parts, environment },
    alerts: (alerts) => teller.renew(targetsOf(alerts, clock)),
    hooks: (hooks) => listed.renew(hooks),
  });
  const files = [entry, envoys, settings];
  return { files, stores, controlPlanes, objects, loop, readers, grpc, http };
}

/** Who carries out the Rollout objects of the cluster, when that is wanted. */
function objectsOf(
  { rolloutsIn: namespace }: Config,
  {
    cluster,
    ...parts
  }: Omit<RolloutObjectsParts, "cluster" | "namespace" | "holder"> & {
    readonly cluster: Cluster | undefined;
  },
): RolloutObjects | undefined {
  const holder = `${hostname()}_${randomUUID()}`;
  return cluster === undefined || namespace === undefined
    ? undefined
    : new RolloutObjects({ ...parts, cluster, namespace, holder });
}

/** Who tries models, when there are any. */
function modelKeepers(
  { models }: Surroundings,
  parts: Omit<ModelKeeperParts, "settings" | "registry">,
): readonly ModelKeeper[] {
  return models === undefined
    ? []
    : [
        new ModelKeeper({
          ...parts,
          settings: models,
          registry: openRegistry(models.registry, parts.clock),
        }),
      ];
}

/** What probes are told, and who looks after alerts. */
function standingOf(loop: Loop, teller: Teller): Pick<HttpParts, "isAlive" | "isReady" | "alerts"> {
  const isAlive = () => (loop.idleMs ?? Number.POSITIVE_INFINITY) < STUCK_MS;
  const isReady = () => isAlive() && loop.isStoreTrusted;
  return { isAlive, isReady, alerts: teller };
}

/** Both ports, with the same callers and certificates. */
function serversOf(
  entry: Entry,
  parts: GrpcServerParts & HttpParts,
): { readonly grpc: GrpcServer; readonly http: HttpServer } {
  const { certificates, gate } = entry;
  const grpc = new GrpcServer({ ...parts, gate, certificates });
  const http = new HttpServer({ ...parts, gate, certificates });
  entry.onRenewal((renewed) => {
    grpc.renew(renewed);
    http.renew(renewed);
  });
  return { grpc, http };
}
