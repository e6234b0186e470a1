import { Server, ServerCredentials } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { ReflectionService } from "@grpc/reflection";
import { HealthImplementation } from "grpc-health-check";
import type { Certificates } from "../access/certificates.ts";
import type { Address } from "../address.ts";
import type { Limits } from "../limits.ts";
import type { Metrics } from "../metrics.ts";
import { packageFile } from "../packageFile.ts";
import type { Clock } from "../ports.ts";
import { authenticating } from "./authentication.ts";
import type { Gate } from "./gate.ts";
import { GuardedListener } from "./guardedListener.ts";
import type { LabelHandler } from "./labels.ts";
import type { ObserveHandler } from "./observe.ts";
import type { RolloutHandler } from "./rollouts.ts";
import { labelService, observeService, rolloutService } from "./services.ts";
import type { XdsHandler } from "./xds.ts";
import { discoveryService } from "./xdsService.ts";

/** What the server needs of its surroundings. */
export type GrpcServerParts = {
  readonly observe: ObserveHandler;
  readonly rollouts: RolloutHandler;
  readonly labels: LabelHandler;
  readonly discovery: XdsHandler;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly metrics: Metrics;
  /** Who is let in; everybody when it is undefined. */
  readonly gate?: Gate | undefined;
  /** With what TLS is spoken; in the clear when it is undefined. */
  readonly certificates?: Certificates | undefined;
};

const SERVICES = ["", "ObserveService", "RolloutService", "LabelService"].map(
  (name) => name && `understudy.v1.${name}`,
);
const PROTO_DIR = packageFile("proto");

/** The gRPC port: observations, rollouts, health and reflection, behind the guard. */
export class GrpcServer {
  readonly #parts: GrpcServerParts;
  readonly #server: Server;
  readonly #listener: GuardedListener;
  readonly #health: HealthImplementation;

  constructor(parts: GrpcServerParts) {
    const { certificates, clock, gate, limits, metrics } = parts;
    this.#parts = parts;
    this.#server = new Server({
      "grpc.max_receive_message_length": limits.messageBytesMax,
      "grpc.max_concurrent_streams": limits.streamsPerSessionMax,
      "grpc-node.max_session_memory": 32,
      "grpc.max_connection_idle_ms": 600_000,
      "grpc.keepalive_time_ms": 30_000,
      "grpc.keepalive_timeout_ms": 10_000,
      interceptors: gate === undefined ? [] : [authenticating(gate)],
    });
    const { discovery, labels, observe, rollouts } = parts;
    this.#server.addService(observeService, { Observe: observe.Observe });
    this.#server.addService(rolloutService, rollouts.methods);
    this.#server.addService(labelService, { RecordLabels: labels.RecordLabels });
    const { StreamAggregatedResources, DeltaAggregatedResources } = discovery;
    const streams = { StreamAggregatedResources, DeltaAggregatedResources };
    this.#server.addService(discoveryService, streams);
    this.#health = new HealthImplementation(statusOfAll("NOT_SERVING"));
    this.#health.addToServer(this.#server);
    const files = ["observe.proto", "rollout.proto", "labels.proto"];
    const definitions = loadSync(files, { includeDirs: [PROTO_DIR], keepCase: true });
    new ReflectionService(definitions).addToServer(this.#server);
    const injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
    this.#listener = new GuardedListener({
      limits,
      metrics,
      certificates,
      steadyMs: () => clock.steadyMs(),
      accept: (connection) => injector.injectConnection(connection),
    });
  }

  /** Listens, and returns the port. */
  async listen(address: Address): Promise<number> {
    const port = await this.#listener.listen(address);
    this.setServing(true);
    return port;
  }

  /** Speaks TLS with these from the next connection on. */
  renew(certificates: Certificates): void {
    this.#listener.renew(certificates);
  }

  /** What health checks are told. */
  setServing(isServing: boolean): void {
    for (const service of SERVICES) {
      this.#health.setStatus(service, isServing ? "SERVING" : "NOT_SERVING");
    }
  }

  /** Takes no new connections, lets calls end for up to `drainMs`, then cuts what is left. */
  async stop(drainMs: number): Promise<void> {
    this.setServing(false);
    this.#listener.stopListening();
    this.#parts.observe.stop();
    this.#parts.rollouts.stop();
    this.#parts.discovery.stop();
    // Tells clients to go (GOAWAY); its callback does not come for connections that were handed in.
    this.#server.tryShutdown(() => undefined);
    await this.#listener.drained(drainMs);
    this.#server.forceShutdown();
    this.#listener.close();
  }
}

function statusOfAll<Status>(status: Status): Record<string, Status> {
  return Object.fromEntries(SERVICES.map((service) => [service, status]));
}
