import type { TestContext } from "node:test";
import { Client, type ClientDuplexStream, credentials, type status } from "@grpc/grpc-js";
import { understudy } from "#proto";
import { until } from "./until.ts";

const { xds } = understudy;
const SERVICE = "/envoy.service.discovery.v3.AggregatedDiscoveryService/";

/** Types that the sidecar serves, and one that it does not. */
export const TYPE = {
  route: "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
  runtime: "type.googleapis.com/envoy.service.runtime.v3.Runtime",
  cluster: "type.googleapis.com/envoy.config.cluster.v3.Cluster",
} as const;

/** A client that speaks xDS by the wire, rightly or wrongly. */
export type XdsClient = {
  readonly whole: readonly understudy.xds.DiscoveryResponse.$Shape[];
  readonly delta: readonly understudy.xds.DeltaDiscoveryResponse.$Shape[];
  readonly say: (request: understudy.xds.DiscoveryRequest.$Properties) => void;
  readonly sayDelta: (request: understudy.xds.DeltaDiscoveryRequest.$Properties) => void;
  readonly sayBytes: (bytes: Buffer) => void;
  /** Reads nothing any more. */
  readonly pause: () => void;
  /** Waits until so many responses have come. */
  readonly got: (responses: number) => Promise<void>;
  /** Waits until the stream has ended; returns how. */
  readonly ended: () => Promise<{ readonly code: status; readonly details: string }>;
};

/** Opens a stream that ends with the test. */
export function openXds(
  context: TestContext,
  address: string,
  protocol: "whole" | "delta" = "whole",
): XdsClient {
  const client = new Client(address, credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
  });
  context.after(() => client.close());
  const asIs = (bytes: Buffer): Buffer => bytes;
  const method = protocol === "whole" ? "StreamAggregatedResources" : "DeltaAggregatedResources";
  const stream: ClientDuplexStream<Buffer, Buffer> = client.makeBidiStreamRequest(
    SERVICE + method,
    asIs,
    asIs,
  );
  context.after(() => stream.cancel());
  const whole: understudy.xds.DiscoveryResponse.$Shape[] = [];
  const delta: understudy.xds.DeltaDiscoveryResponse.$Shape[] = [];
  let end: { readonly code: status; readonly details: string } | undefined;
  stream.on("data", (bytes: Buffer) => {
    if (protocol === "whole") {
      whole.push(xds.DiscoveryResponse.decode(bytes));
    } else {
      delta.push(xds.DeltaDiscoveryResponse.decode(bytes));
    }
  });
  stream.on("error", () => undefined);
  stream.on("status", ({ code, details }) => {
    end = { code, details };
  });
  return {
    whole,
    delta,
    say: (request) => stream.write(Buffer.from(xds.DiscoveryRequest.encode(request).finish())),
    sayDelta: (request) =>
      stream.write(Buffer.from(xds.DeltaDiscoveryRequest.encode(request).finish())),
    sayBytes: (bytes) => stream.write(bytes),
    pause: () => stream.pause(),
    got: async (responses) => {
      await until(() => whole.length + delta.length >= responses, {
        deadlineMs: 5_000,
        what: `${responses} responses come`,
      });
    },
    ended: () => until(() => end, { deadlineMs: 15_000, what: "the stream ends" }),
  };
}
