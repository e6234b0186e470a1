import { randomBytes } from "node:crypto";
import { Client, type ClientDuplexStream, credentials } from "@grpc/grpc-js";
import { understudy } from "#proto";

const { v1, xds } = understudy;
const ROUTES = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";

/** A proxy that is told traffic: nothing but its stream. */
export type ToldProxy = {
  /** When traffic of that generation, or a later one, came first; undefined while it has not. By `performance.now()`. */
  readonly toldMs: (generation: number) => number | undefined;
  readonly close: () => void;
};

type Duplex = ClientDuplexStream<Buffer, Buffer>;

/** A filter with one rollout: says hello, takes what it is told, and reports it as in force. */
export function filterStream(address: string, rollout: string): ToldProxy {
  return opened(address, "/understudy.v1.ObserveService/Observe", (stream, note) => {
    const say = (message: understudy.v1.FilterMessage.$Properties) =>
      stream.write(Buffer.from(v1.FilterMessage.encode(message).finish()));
    stream.on("data", (bytes: Buffer) => {
      const { traffic } = v1.SidecarMessage.decode(bytes);
      if (traffic != null) {
        note(Number(traffic.generation));
        const { generation = 0, candidateBp = 0, shadowBp = 0 } = traffic;
        say({ inForce: { rollout, generation, candidateBp, shadowBp } });
      }
    });
    const source = randomBytes(16).toString("hex");
    const hello = { source, nodeId: "bench", filterVersion: "0.1.0", protocolVersion: 1 };
    say({ hello: { ...hello, rollouts: [rollout], nextSequence: 1 } });
  });
}

/** An Envoy with one route configuration: subscribes to it (delta), takes what it is sent, and acknowledges it. */
export function envoyStream(address: string, route: string): ToldProxy {
  const path = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources";
  return opened(address, path, (stream, note) => {
    const say = (request: understudy.xds.DeltaDiscoveryRequest.$Properties) =>
      stream.write(Buffer.from(xds.DeltaDiscoveryRequest.encode(request).finish()));
    stream.on("data", (bytes: Buffer) => {
      const { resources, nonce } = xds.DeltaDiscoveryResponse.decode(bytes);
      for (const { version, resource } of resources ?? []) {
        xds.RouteConfiguration.decode(resource?.value ?? new Uint8Array());
        note(Number(/@(\d+)/.exec(version ?? "")?.[1] ?? 0));
      }
      say({ typeUrl: ROUTES, responseNonce: nonce ?? "" });
    });
    const node = { id: `bench-${randomBytes(4).toString("hex")}` };
    say({ node, typeUrl: ROUTES, resourceNamesSubscribe: [route] });
  });
}

function opened(
  address: string,
  path: string,
  speak: (stream: Duplex, note: (generation: number) => void) => void,
): ToldProxy {
  const client = new Client(address, credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
  });
  const asIs = (bytes: Buffer): Buffer => bytes;
  const stream: Duplex = client.makeBidiStreamRequest(path, asIs, asIs);
  stream.on("error", () => undefined);
  const told: { readonly generation: number; readonly atMs: number }[] = [];
  speak(stream, (generation) => told.push({ generation, atMs: performance.now() }));
  return {
    toldMs: (generation) => told.find((each) => each.generation >= generation)?.atMs,
    close: () => {
      stream.cancel();
      client.close();
    },
  };
}
