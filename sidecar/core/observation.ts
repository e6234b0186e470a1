/** One of the two versions of a rollout: the one that is trusted, and the one on trial. */
export type Variant = "primary" | "candidate";

/** Why an answer is not the variant's own, or not whole; `none` when it is. `abandoned`: the user went away before it was complete. */
export type Failure = "none" | "timeout" | "unreachable" | "reset" | "abandoned";

/** What one variant answered to one request. */
export type Answer = {
  /** HTTP status, 100 to 599; 0 when none came. */
  readonly status: number;
  readonly failure: Failure;
  /** The content-type header, or "". */
  readonly contentType: string;
  /** The content-encoding header, or "". */
  readonly contentEncoding: string;
  /** From sending the request to the end of the answer. */
  readonly latencyMs: number;
  /** The first bytes of the body, up to the filter's cap; empty for an answer that belongs to no pair, unless its request is captured. */
  readonly body: Uint8Array;
  /** Length of the whole body, whatever was captured. */
  readonly bodyBytes: number;
  /** Whether `body` is less than all of it. */
  readonly truncated: boolean;
  /** The header inference-header-content-length: bytes of JSON before the binary tensors of the Open Inference Protocol; none when absent. */
  readonly inferenceHeaderBytes?: number;
  /** From sending the request to the first byte of the answer's body; absent when it is not known, as for every shadow. */
  readonly firstByteMs?: number;
  /** The status of a call in gRPC, 0 for OK; absent for other answers, and while a stream goes on. */
  readonly grpcStatus?: number;
  /** The header grpc-encoding, where the answer to a call has one. */
  readonly grpcEncoding?: string;
};

/** What the user asked. */
export type Request = {
  /** The content-type header, or "". */
  readonly contentType: string;
  /** The content-encoding header, or "". */
  readonly contentEncoding: string;
  /** The first bytes of the body, up to the filter's cap. */
  readonly body: Uint8Array;
  /** Length of the whole body. */
  readonly bodyBytes: number;
  /** Whether `body` is less than all of it. */
  readonly truncated: boolean;
  /** The header inference-header-content-length; none when absent. */
  readonly inferenceHeaderBytes?: number;
};

/** One user request: who answered it and, when it was shadowed, what the other variant answered to the copy. */
export type Observation = {
  readonly rollout: string;
  /** x-request-id, or "". */
  readonly requestId: string;
  /** Of the salted hash of the sticky key: a whole number below 2^31, the same for the same user within a rollout; undefined without a key. */
  readonly subject: number | undefined;
  /** When the request began, Unix time of the proxy's clock. */
  readonly startMs: number;
  /** Path without query, at most 256 bytes. */
  readonly path: string;
  /** Generation of the traffic that chose the variant. */
  readonly generation: number;
  /** The variant that answered the user. */
  readonly served: Variant;
  /** True when a trusted override chose the variant, so that it is no evidence of a random split. */
  readonly overridden: boolean;
  readonly answer: Answer;
  /** The other variant's answer; undefined when the request was not shadowed. */
  readonly shadow: Answer | undefined;
  /** The primary's answer to a second copy; absent when there was none. */
  readonly secondary?: Answer;
  /** What was asked, of a request that is captured: then the user's answer has its body, also without a shadow. */
  readonly request?: Request;
};
