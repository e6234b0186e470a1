import type { Variant } from "../observation.ts";
import type { JsonValue } from "./jsonValue.ts";

/** How two answers differ at one path. */
export type Difference = {
  /** Normalised JSONPath (`$['a'][0]`), or `status`, `grpcStatus`, `contentType`, `body`. */
  readonly path: string;
  /** Seen from the primary: `missing` is absent from the candidate's answer, `extra` is only in it. */
  readonly kind: "missing" | "extra" | "type" | "value";
};

/** What two answers hold where they differ, and how much of that people may be told; undefined where there is nothing. */
export type Contents = {
  readonly primary: JsonValue | undefined;
  readonly candidate: JsonValue | undefined;
  /** By the rules for the place; `described`: words of our own, of which nothing has to be hidden. */
  readonly disclosure: "shown" | "hidden" | "default" | "described";
};

/** Why a body could not be read by its content type or content encoding. A closed set, fit for a metric's label. */
export type UndecodableReason =
  | "tooLarge"
  | "tooDeep"
  | "tooManyTokens"
  | "invalidUtf8"
  | "invalidJson"
  | "duplicateKey"
  | "numberRange"
  /** A tensor's data are not as many as its shape says, or the shape is none. */
  | "tensorShape"
  /** An element is not of its tensor's datatype. */
  | "tensorData"
  /** Binary tensors that are not as long as their sizes say, or the JSON before them is not. */
  | "tensorBytes"
  /** An event of a stream is no JSON of the kind it must be, or the last one was cut off. */
  | "brokenEvent"
  /** The body of a call in gRPC is no frames. */
  | "grpcFrame"
  /** A unary call in gRPC was answered OK with another number of messages than one. */
  | "grpcMessages"
  /** The plan's descriptor set has no unary method of that path. */
  | "grpcMethod"
  /** A message that is none of the type that its method answers. */
  | "protobuf"
  | "encodingUnknown"
  | "encodingLayers"
  | "encodingBroken"
  | "encodingBomb";

/** A body that could not be read, and who sent it. */
export type Undecodable = {
  readonly variant: Variant;
  readonly reason: UndecodableReason;
};

/** What the predictions of two answers say. */
export type PredictionComparison = {
  /** True also when only one answer has a label; undefined when neither has, which is no evidence that they agree. */
  readonly flipped: boolean | undefined;
  /** Candidate's score minus the primary's; undefined unless both are numbers. */
  readonly scoreDifference: number | undefined;
  /** What each of them predicts, where the rules keep it for labels. */
  readonly said?: Readonly<Record<Variant, Said>>;
};

/** What one answer predicts. */
export type Said = {
  /** A text, a number, or the JSON of anything else; undefined when the answer has none. */
  readonly label: string | number | undefined;
  readonly score: number | undefined;
};

/** What a body can be read as, so that it is compared part by part. */
export type DocumentKind = "json" | "tensors" | "chat" | "text" | "protobuf";

/** What comparing the two answers of a pair says. */
export type Comparison = {
  /**
   * What both were read as: `json`, `tensors` (Open Inference Protocol v2), `chat` (OpenAI's chat and text completions, streamed or not),
   * `text`, `protobuf` (a message of a unary call in gRPC), or nothing but `bytes`;
   * `undecodable`: a body could not be read by its content type (too deep, too large, broken), so bytes were compared;
   * `truncated`: one was not captured whole, so only what is known without it was compared.
   */
  readonly method: DocumentKind | "bytes" | "undecodable" | "truncated";
  /** At most one of each variant; empty unless the method is `undecodable`. */
  readonly undecodable: readonly Undecodable[];
  /** Whether no difference was found. Of a `truncated` pair this is no evidence that the answers agree. */
  readonly equal: boolean;
  /** At most 32, the shallowest first; `differencesCount` counts all. */
  readonly differences: readonly Difference[];
  readonly differencesCount: number;
  /** What both answers hold at each of `differences`, in their order. Absent where the comparison was made without answers. */
  readonly contents?: readonly Contents[];
  /** Undefined when the rules name no prediction, and when a `truncated` answer hides it. */
  readonly prediction: PredictionComparison | undefined;
  /** The primary's answer compared with its own second one, where there is one. */
  readonly noise?: Comparison;
};
