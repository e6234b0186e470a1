import type { MethodDefinition } from "@grpc/grpc-js";
import type { Label } from "../core/performance/prediction.ts";
import type { RecordedLabels } from "../ports/predictions.ts";
import type { RolloutView } from "../ports.ts";
import { encodeExplanation } from "./explainCodec.ts";
import { encodeHistory } from "./historyCodec.ts";
import { decodeRecordLabelsRequest, encodeRecordedLabels } from "./labelCodec.ts";
import {
  decodeFilterMessage,
  encodeSidecarMessage,
  type FilterMessage,
  type SidecarMessage,
} from "./observeCodec.ts";
import type { ExplainedRollout, HistoryAnswer } from "./rolloutApi.ts";
import {
  type ApplyRequest,
  type ChangeRequest,
  decodeApplyRequest,
  decodeChangeRequest,
  decodeDifferencesRequest,
  decodeExplainRequest,
  decodeGetRequest,
  decodeHistoryRequest,
  decodeListRequest,
  decodeWatchRequest,
  encodeDifferences,
  encodeRollout,
  encodeRollouts,
  type HistoryRequest,
} from "./rolloutCodec.ts";

/** A request as read from the wire, or undefined when it was garbage: the method answers that with a clear error. */
export type Read<Request> = { readonly request: Request } | undefined;

const OBSERVE = "/understudy.v1.ObserveService/";
const ROLLOUT = "/understudy.v1.RolloutService/";
const LABEL = "/understudy.v1.LabelService/";

/** understudy.v1.ObserveService of proto/observe.proto. */
export const observeService: {
  readonly Observe: MethodDefinition<FilterMessage, SidecarMessage>;
} = {
  Observe: {
    ...method({
      path: `${OBSERVE}Observe`,
      decode: decodeFilterMessage,
      encode: encodeSidecarMessage,
    }),
    requestStream: true,
    responseStream: true,
  },
};

/** understudy.v1.RolloutService of proto/rollout.proto. */
export const rolloutService: {
  readonly Apply: MethodDefinition<Read<ApplyRequest>, RolloutView>;
  readonly Get: MethodDefinition<Read<string>, RolloutView>;
  readonly List: MethodDefinition<Read<undefined>, readonly RolloutView[]>;
  readonly Watch: MethodDefinition<Read<string>, RolloutView>;
  readonly Promote: MethodDefinition<Read<ChangeRequest>, RolloutView>;
  readonly Rollback: MethodDefinition<Read<ChangeRequest>, RolloutView>;
  readonly Pause: MethodDefinition<Read<ChangeRequest>, RolloutView>;
  readonly Resume: MethodDefinition<Read<ChangeRequest>, RolloutView>;
  readonly Approve: MethodDefinition<Read<ChangeRequest>, RolloutView>;
  readonly Delete: MethodDefinition<Read<ChangeRequest>, RolloutView>;
  readonly History: MethodDefinition<Read<HistoryRequest>, HistoryAnswer>;
  readonly Explain: MethodDefinition<Read<string>, ExplainedRollout>;
  readonly Differences: MethodDefinition<Read<string>, RolloutView>;
} = {
  Apply: unary("Apply", decodeApplyRequest),
  Get: unary("Get", decodeGetRequest),
  List: method({
    path: `${ROLLOUT}List`,
    decode: reading(decodeListRequest),
    encode: encodeRollouts,
  }),
  Watch: { ...unary("Watch", decodeWatchRequest), responseStream: true },
  Promote: unary("Promote", decodeChangeRequest),
  Rollback: unary("Rollback", decodeChangeRequest),
  Pause: unary("Pause", decodeChangeRequest),
  Resume: unary("Resume", decodeChangeRequest),
  Approve: unary("Approve", decodeChangeRequest),
  Delete: unary("Delete", decodeChangeRequest),
  History: method({
    path: `${ROLLOUT}History`,
    decode: reading(decodeHistoryRequest),
    encode: encodeHistory,
  }),
  Explain: method({
    path: `${ROLLOUT}Explain`,
    decode: reading(decodeExplainRequest),
    encode: encodeExplanation,
  }),
  Differences: method({
    path: `${ROLLOUT}Differences`,
    decode: reading(decodeDifferencesRequest),
    encode: encodeDifferences,
  }),
};

/** understudy.v1.LabelService of proto/labels.proto. */
export const labelService: {
  readonly RecordLabels: MethodDefinition<Read<readonly Label[]>, RecordedLabels>;
} = {
  RecordLabels: method({
    path: `${LABEL}RecordLabels`,
    decode: reading(decodeRecordLabelsRequest),
    encode: encodeRecordedLabels,
  }),
};

function unary<Request>(
  name: string,
  decode: (buffer: Uint8Array) => Request,
): MethodDefinition<Read<Request>, RolloutView> {
  return method({ path: ROLLOUT + name, decode: reading(decode), encode: encodeRollout });
}

/** The server never writes requests nor reads responses. */
function method<Request, Response>(parts: {
  readonly path: string;
  readonly decode: (buffer: Uint8Array) => Request;
  readonly encode: (response: Response) => Buffer;
}): MethodDefinition<Request, Response> {
  return {
    path: parts.path,
    requestStream: false,
    responseStream: false,
    requestDeserialize: parts.decode,
    responseSerialize: parts.encode,
    requestSerialize: clientOnly,
    responseDeserialize: clientOnly,
  };
}

function clientOnly(): never {
  throw new Error("only a client needs this");
}

function reading<Request>(
  decode: (buffer: Uint8Array) => Request,
): (buffer: Uint8Array) => Read<Request> {
  return (buffer) => {
    try {
      return { request: decode(buffer) };
    } catch {
      return undefined;
    }
  };
}
