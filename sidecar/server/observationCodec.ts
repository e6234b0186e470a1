import { understudy } from "#proto";
import type { Answer, Failure, Observation, Request, Variant } from "../core/observation.ts";
import { toNumber } from "./wireNumber.ts";

const v1 = understudy.v1;

/** Why an observation is no observation. */
export type ObservationRefusal =
  | "rollout"
  | "served"
  | "answer"
  | "status"
  | "failure"
  | "latency"
  | "time"
  | "generation"
  | "length";

/** What could be read of a batch, and what could not, by reason. */
export type DecodedObservations = {
  readonly observations: readonly Observation[];
  readonly refused: ReadonlyMap<ObservationRefusal, number>;
};

const LATENCY_MS_MAX = 3_600_000;
const TEXT_LENGTH_MAX = 1_024;
/** The filter sends a hash of 64 bits. */
const SUBJECT_BYTES_MIN = 8;

/** Reads the observations that are sound, and counts the others. */
export function decodeObservations(
  wires: readonly understudy.v1.Observation.$Properties[],
  rollouts: readonly string[],
): DecodedObservations {
  const observations: Observation[] = [];
  const refused = new Map<ObservationRefusal, number>();
  for (const wire of wires) {
    const decoded = decodeObservation(wire, rollouts);
    if (typeof decoded === "string") {
      refused.set(decoded, (refused.get(decoded) ?? 0) + 1);
    } else {
      observations.push(decoded);
    }
  }
  return { observations, refused };
}

function decodeObservation(
  wire: understudy.v1.Observation.$Properties,
  rollouts: readonly string[],
): Observation | ObservationRefusal {
  const rollout = rollouts[wire.rollout ?? 0];
  const served = variantOf(wire.served);
  const startMs = toNumber(wire.startUnixMs ?? 0);
  const generation = toNumber(wire.generation ?? 0);
  const requestId = wire.requestId ?? "";
  const path = wire.path ?? "";
  if (rollout === undefined) {
    return "rollout";
  }
  if (served === undefined) {
    return "served";
  }
  if (!(startMs > 0)) {
    return "time";
  }
  if (Number.isNaN(generation)) {
    return "generation";
  }
  if (requestId.length > TEXT_LENGTH_MAX || path.length > TEXT_LENGTH_MAX) {
    return "length";
  }
  const overridden = wire.overridden ?? false;
  const subject = subjectOf(wire.subject);
  const base = { rollout, requestId, subject, startMs, path, generation, served, overridden };
  return withAnswers(base, wire);
}

function withAnswers(
  base: Omit<Observation, "answer" | "shadow">,
  wire: understudy.v1.Observation.$Properties,
): Observation | ObservationRefusal {
  const answer = wire.answer == null ? "answer" : decodeAnswer(wire.answer);
  if (typeof answer === "string") {
    return answer;
  }
  const shadow = wire.shadow == null ? undefined : decodeAnswer(wire.shadow);
  if (typeof shadow === "string") {
    return shadow;
  }
  const secondary = wire.secondary == null ? undefined : decodeAnswer(wire.secondary);
  if (typeof secondary === "string") {
    return secondary;
  }
  const observation: Observation =
    secondary === undefined ? { ...base, answer, shadow } : { ...base, answer, shadow, secondary };
  return wire.request == null ? observation : withRequest(observation, wire.request);
}

function withRequest(
  observation: Observation,
  wire: understudy.v1.Request.$Properties,
): Observation | ObservationRefusal {
  const inferenceHeaderBytes = wire.inferenceHeaderBytes ?? 0;
  const request: Request = {
    contentType: wire.contentType ?? "",
    contentEncoding: wire.contentEncoding ?? "",
    body: wire.body ?? new Uint8Array(),
    bodyBytes: toNumber(wire.bodyBytes ?? 0),
    truncated: wire.truncated ?? false,
    ...(inferenceHeaderBytes > 0 && { inferenceHeaderBytes }),
  };
  return isSound(request) ? { ...observation, request } : "length";
}

function decodeAnswer(wire: understudy.v1.Answer.$Properties): Answer | ObservationRefusal {
  const failure = failureOf(wire.failure);
  if (failure === undefined) {
    return "failure";
  }
  const answer: Answer = {
    status: wire.status ?? 0,
    failure,
    contentType: wire.contentType ?? "",
    contentEncoding: wire.contentEncoding ?? "",
    latencyMs: toNumber(wire.latencyUs ?? 0) / 1_000,
    body: wire.body ?? new Uint8Array(),
    bodyBytes: toNumber(wire.bodyBytes ?? 0),
    truncated: wire.truncated ?? false,
  };
  return refusalOf(answer) ?? withExtras(answer, wire);
}

/** Most answers have none of these. */
function withExtras(answer: Answer, wire: understudy.v1.Answer.$Properties): Answer {
  const inferenceHeaderBytes = wire.inferenceHeaderBytes ?? 0;
  const firstByteMs = toNumber(wire.firstByteUs ?? 0) / 1_000;
  const grpcStatus = wire.grpcStatus ?? undefined;
  const grpcEncoding = wire.grpcEncoding ?? "";
  if (inferenceHeaderBytes === 0 && firstByteMs === 0 && grpcStatus === undefined) {
    return answer;
  }
  return {
    ...answer,
    ...(inferenceHeaderBytes > 0 && { inferenceHeaderBytes }),
    ...(firstByteMs > 0 && { firstByteMs }),
    ...(grpcStatus !== undefined && { grpcStatus }),
    ...(grpcEncoding !== "" && { grpcEncoding }),
  };
}

function refusalOf(answer: Answer): ObservationRefusal | undefined {
  const { status, failure, latencyMs } = answer;
  const isStatus = status === 0 ? failure !== "none" : status >= 100 && status <= 599;
  if (!isStatus) {
    return "status";
  }
  if (!(latencyMs <= LATENCY_MS_MAX)) {
    return "latency";
  }
  return isSound(answer) ? undefined : "length";
}

function isSound({ contentType, contentEncoding, body, bodyBytes }: Request): boolean {
  const longest = Math.max(contentType.length, contentEncoding.length);
  return longest <= TEXT_LENGTH_MAX && bodyBytes >= body.length;
}

/** Its first 31 bits: as many as a number has that needs no memory of its own, and enough to tell users apart. */
function subjectOf(hash: Uint8Array | null | undefined): number | undefined {
  if (hash == null || hash.length < SUBJECT_BYTES_MIN) {
    return undefined;
  }
  const [first = 0, second = 0, third = 0, fourth = 0] = hash;
  return (first << 23) | (second << 15) | (third << 7) | (fourth >> 1);
}

function variantOf(wire: understudy.v1.Variant | null | undefined): Variant | undefined {
  switch (wire) {
    case v1.Variant.VARIANT_PRIMARY:
      return "primary";
    case v1.Variant.VARIANT_CANDIDATE:
      return "candidate";
    default:
      return undefined;
  }
}

function failureOf(wire: understudy.v1.Failure | null | undefined): Failure | undefined {
  switch (wire ?? 0) {
    case v1.Failure.FAILURE_UNSPECIFIED:
      return "none";
    case v1.Failure.FAILURE_TIMEOUT:
      return "timeout";
    case v1.Failure.FAILURE_UNREACHABLE:
      return "unreachable";
    case v1.Failure.FAILURE_RESET:
      return "reset";
    case v1.Failure.FAILURE_ABANDONED:
      return "abandoned";
    default:
      return undefined;
  }
}
