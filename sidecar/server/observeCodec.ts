import { understudy } from "#proto";
import type { Target } from "../core/target.ts";
import type { Traffic } from "../core/traffic.ts";
import { type DecodedObservations, decodeObservations } from "./observationCodec.ts";
import { toNumber, type WireNumber } from "./wireNumber.ts";

const v1 = understudy.v1;

/** What a filter says it serves, or why it refused what it was sent. */
export type InForce = {
  readonly rollout: string;
  readonly traffic: Traffic;
  /** "" when the last traffic was taken. */
  readonly refused: string;
};

/** The first message of a stream. */
export type Hello = {
  readonly source: string;
  readonly nodeId: string;
  readonly filterVersion: string;
  readonly protocolVersion: number;
  readonly rollouts: readonly string[];
  readonly inForce: readonly InForce[];
  readonly nextSequence: number;
};

/** Numbered observations. */
export type FilterBatch = {
  readonly sequence: number;
  readonly drops: readonly { readonly reason: DropReason; readonly count: number }[];
  /** Reads the observations of the rollouts that the Hello named, in its order. */
  readonly observations: (rollouts: readonly string[]) => DecodedObservations;
};

/** A message from a filter, with its size. */
export type FilterMessage = { readonly bytes: number } & (
  | { readonly kind: "hello"; readonly hello: Hello }
  | { readonly kind: "batch"; readonly batch: FilterBatch }
  | { readonly kind: "inForce"; readonly inForce: InForce }
  | { readonly kind: "garbage" }
);

/** A message to a filter. */
export type SidecarMessage =
  | { readonly kind: "limits"; readonly messageBytesMax: number; readonly creditBytes: number }
  | { readonly kind: "traffic"; readonly target: Target; readonly traffic: Traffic }
  | { readonly kind: "ack"; readonly sequence: number; readonly creditBytes: number };

/** Why a filter went without evidence or without a shadow: the contract's DropReason, in small letters. */
export type DropReason = (typeof DROP_REASONS)[number];

const DROP_REASONS = [
  "unspecified",
  "no-credit",
  "no-sidecar",
  "queue-full",
  "shadow-in-flight",
  "shadow-rate",
  "shadow-body-bytes",
  "captured-bytes",
  "shadow-refused",
  "streaming",
  "client-reset",
  "headers",
] as const;

/** How much is kept of what is only for people to read. */
const LABEL_LENGTH_MAX = 256;

/** Reads a FilterMessage; never throws. */
export function decodeFilterMessage(buffer: Uint8Array): FilterMessage {
  const bytes = buffer.length;
  try {
    const { hello, batch, inForce } = v1.FilterMessage.decode(buffer);
    if (hello != null) {
      return { bytes, kind: "hello", hello: helloOf(hello) };
    }
    if (batch != null) {
      return { bytes, kind: "batch", batch: batchOf(batch) };
    }
    if (inForce != null) {
      return { bytes, kind: "inForce", inForce: inForceOf(inForce) };
    }
    return { bytes, kind: "garbage" };
  } catch {
    return { bytes, kind: "garbage" };
  }
}

/** Writes a SidecarMessage. */
export function encodeSidecarMessage(message: SidecarMessage): Buffer {
  return Buffer.from(v1.SidecarMessage.encode(wireOf(message)).finish());
}

function wireOf(message: SidecarMessage): understudy.v1.SidecarMessage.$Properties {
  switch (message.kind) {
    case "limits": {
      const { messageBytesMax, creditBytes } = message;
      return { limits: { messageBytesMax, creditBytes } };
    }
    case "traffic":
      return { traffic: { ...wireTarget(message.target), ...message.traffic } };
    case "ack":
      return { ack: { sequence: message.sequence, creditBytes: message.creditBytes } };
    default:
      return message satisfies never;
  }
}

function wireTarget(target: Target): understudy.v1.Traffic.$Properties {
  const { rollout, primary, candidate, requestTimeoutMs } = target;
  return { rollout, primaryVersion: primary, candidateVersion: candidate, requestTimeoutMs };
}

function helloOf(hello: understudy.v1.Hello.$Properties): Hello {
  return {
    source: hello.source ?? "",
    nodeId: (hello.nodeId ?? "").slice(0, LABEL_LENGTH_MAX),
    filterVersion: (hello.filterVersion ?? "").slice(0, LABEL_LENGTH_MAX),
    protocolVersion: hello.protocolVersion ?? 0,
    rollouts: hello.rollouts ?? [],
    inForce: (hello.inForce ?? []).map(inForceOf),
    nextSequence: number(hello.nextSequence),
  };
}

function inForceOf(inForce: understudy.v1.InForce.$Properties): InForce {
  return {
    rollout: inForce.rollout ?? "",
    traffic: {
      generation: number(inForce.generation),
      candidateBp: inForce.candidateBp ?? 0,
      shadowBp: inForce.shadowBp ?? 0,
      shadowPrimary: inForce.shadowPrimary ?? false,
      ...((inForce.noiseBp ?? 0) > 0 && { noiseBp: inForce.noiseBp ?? 0 }),
      ...((inForce.captureBp ?? 0) > 0 && { captureBp: inForce.captureBp ?? 0 }),
    },
    refused: inForce.refused ?? "",
  };
}

function batchOf(batch: understudy.v1.Batch.$Properties): FilterBatch {
  return {
    sequence: number(batch.sequence),
    drops: (batch.drops ?? []).map(({ reason, count }) => ({
      reason: DROP_REASONS[reason ?? 0] ?? "unspecified",
      count: number(count) || 0,
    })),
    observations: (rollouts) => decodeObservations(batch.observations ?? [], rollouts),
  };
}

function number(value: WireNumber | null | undefined): number {
  return toNumber(value ?? 0);
}
