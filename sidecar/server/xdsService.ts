import type { MethodDefinition } from "@grpc/grpc-js";
import {
  type Ask,
  decodeDeltaAsk,
  decodeWholeAsk,
  encodeDeltaReply,
  encodeWholeReply,
  type Reply,
} from "./xdsCodec.ts";

type Method = MethodDefinition<Ask | undefined, Reply>;

/** Envoy's service; its name is part of the path. */
export const DISCOVERY = "/envoy.service.discovery.v3.AggregatedDiscoveryService/";

/** envoy.service.discovery.v3.AggregatedDiscoveryService; its messages are those of proto/xds.proto. */
export const discoveryService: {
  readonly StreamAggregatedResources: Method;
  readonly DeltaAggregatedResources: Method;
} = {
  StreamAggregatedResources: both("StreamAggregatedResources", {
    decode: decodeWholeAsk,
    encode: encodeWholeReply,
  }),
  DeltaAggregatedResources: both("DeltaAggregatedResources", {
    decode: decodeDeltaAsk,
    encode: encodeDeltaReply,
  }),
};

function both(
  name: string,
  codec: {
    readonly decode: (buffer: Uint8Array) => Ask | undefined;
    readonly encode: (reply: Reply) => Buffer;
  },
): Method {
  return {
    path: DISCOVERY + name,
    requestStream: true,
    responseStream: true,
    requestDeserialize: codec.decode,
    responseSerialize: codec.encode,
    requestSerialize: clientOnly,
    responseDeserialize: clientOnly,
  };
}

function clientOnly(): never {
  throw new Error("only a client needs this");
}
