import { understudy } from "#proto";
import type { Cause, RolloutEvent } from "../core/rollout/event.ts";
import type { HistoryEntry } from "../ports.ts";
import type { HistoryAnswer } from "./rolloutApi.ts";
import { JUDGEMENTS } from "./rolloutCodec.ts";

const v1 = understudy.v1;

type Wire = understudy.v1.HistoryEvent.$Properties;

/** Writes HistoryResponse. */
export function encodeHistory(answer: HistoryAnswer): Buffer {
  return Buffer.from(v1.HistoryResponse.encode(historyOf(answer)).finish());
}

/** HistoryResponse. */
export function historyOf({
  entries,
  before,
}: HistoryAnswer): understudy.v1.HistoryResponse.$Properties {
  return { events: entries.map(eventOf), before };
}

function eventOf({ revision, event }: HistoryEntry): Wire {
  const { atMs, kind, reason } = event;
  return { revision, atUnixMs: atMs, kind, reason, ...causeOf(event), ...effectOf(event) };
}

/** Who or what moved it, and on what evidence. */
function causeOf(event: RolloutEvent): Wire {
  if (event.kind === "anomaly-raised" || event.kind === "anomaly-resolved") {
    return { cause: v1.Cause.CAUSE_WATCH, anomaly: event.anomaly };
  }
  const { pairs, requests } = event.evidence;
  return {
    ...becauseOf(event.cause),
    pairs,
    primaryRequests: requests.primary,
    candidateRequests: requests.candidate,
  };
}

function becauseOf(cause: Cause): Wire {
  switch (cause.kind) {
    case "evidence":
      return {
        cause: v1.Cause.CAUSE_EVIDENCE,
        judgement: JUDGEMENTS[cause.verdict.judgement],
        guardrails: cause.verdict.guardrails.map(({ name, judgement }) => ({
          name,
          judgement: JUDGEMENTS[judgement],
        })),
      };
    case "command":
      return { cause: v1.Cause.CAUSE_COMMAND, by: cause.by, key: cause.key?.text ?? "" };
    case "gate":
      return { cause: v1.Cause.CAUSE_GATE, by: cause.gate };
    case "plan":
      return { cause: v1.Cause.CAUSE_PLAN };
    default:
      return cause satisfies never;
  }
}

/** What became of the traffic. */
function effectOf(event: RolloutEvent): Wire {
  switch (event.kind) {
    case "started":
      return { generation: event.generation, step: 0 };
    case "step-advanced":
      return { generation: event.generation, step: event.stepIndex };
    case "rollback-stepped":
      return { generation: event.generation, candidateBp: event.candidateBp };
    case "promoted":
    case "rolled-back":
      return { generation: event.generation };
    case "gate-passed":
    case "gate-failed":
    case "paused":
    case "resumed":
    case "deleted":
    case "anomaly-raised":
    case "anomaly-resolved":
      return {};
    default:
      return event satisfies never;
  }
}
