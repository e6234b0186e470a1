import { understudy } from "#proto";

/** What one variant answered, as the filter reported it. */
export type SeenAnswer = {
  readonly status: number;
  readonly failure: string;
  readonly contentType: string;
  readonly contentEncoding: string;
  readonly latencyUs: number;
  readonly body: Buffer;
  readonly bodyBytes: number;
  readonly truncated: boolean;
  readonly inferenceHeaderBytes: number;
  readonly firstByteUs: number;
  readonly grpcStatus?: number;
  readonly grpcEncoding: string;
};

/** An observation as the filter reported it; `shadow` is null when there was none. */
export type Seen = {
  readonly rollout: number;
  readonly requestId: string;
  readonly subject: Buffer;
  readonly startUnixMs: number;
  readonly path: string;
  readonly generation: number;
  readonly served: string;
  readonly overridden: boolean;
  readonly answer: SeenAnswer;
  readonly shadow: SeenAnswer | null;
};

/** Traffic that a filter said it serves, or refused. */
export type SeenInForce = {
  readonly rollout: string;
  readonly generation: number;
  readonly candidateBp: number;
  readonly shadowBp: number;
  readonly shadowPrimary: boolean;
  readonly refused: string;
};

/** Observations and drops that came together. */
export type SeenBatch = {
  readonly sequence: number;
  readonly observations: readonly Seen[];
  readonly drops: readonly {
    readonly rollout: string;
    readonly reason: string;
    readonly count: number;
  }[];
  /** Size on the wire. */
  readonly bytes: number;
};

/** The first message of a stream. */
export type SeenHello = {
  readonly source: string;
  readonly nodeId: string;
  readonly filterVersion: string;
  readonly protocolVersion: number;
  readonly rollouts: readonly string[];
  readonly inForce: readonly SeenInForce[];
  readonly nextSequence: number;
};

/** A message of a filter. */
export type SeenMessage = {
  readonly hello?: SeenHello;
  readonly batch?: SeenBatch;
  readonly inForce?: SeenInForce;
};

/** Decodes a message of a filter, with every field set. Throws when the bytes are none. */
export function decodeSeen(bytes: Buffer): SeenMessage {
  const message: SeenMessage = understudy.v1.FilterMessage.toObject(
    understudy.v1.FilterMessage.decode(bytes),
    { longs: Number, enums: String, bytes: Buffer, defaults: true },
  );
  return message.batch === undefined
    ? message
    : { ...message, batch: { ...message.batch, bytes: bytes.length } };
}
