import { understudy } from "#proto";
import { intervalsOf } from "../core/evidence/display.ts";
import { type Evidence, evidenceFor } from "../core/evidence/evidence.ts";
import { PATHS_SHOWN_MAX } from "../core/evidence/paths.ts";
import { stepText } from "../core/plan/stepText.ts";
import type { Phase } from "../core/rollout/state.ts";
import type { GuardrailVerdict, Judgement } from "../core/verdict.ts";
import type { RolloutView } from "../ports.ts";
import { watchedOf } from "./watchedCodec.ts";
import { toNumber } from "./wireNumber.ts";

const v1 = understudy.v1;

/** A plan that is asked to be rolled out. */
export type ApplyRequest = {
  /** Its text. */
  readonly plan: string;
  readonly reason: string;
  /** 0 takes any; NaN when it is no number that a rollout can have. */
  readonly revision: number;
};

/** A page of a history that is asked for. */
export type HistoryRequest = {
  readonly name: string;
  /** 0 is from the newest on; NaN when it is no number that a rollout can have. */
  readonly before: number;
  /** 0 leaves it to the server. */
  readonly limit: number;
};

/** A change that is asked for. */
export type ChangeRequest = {
  readonly name: string;
  readonly reason: string;
  /** 0 takes any; NaN when it is no number that a rollout can have. */
  readonly revision: number;
};

/** Reads ApplyRequest. Throws on garbage. */
export function decodeApplyRequest(buffer: Uint8Array): ApplyRequest {
  const { plan, reason, revision } = v1.ApplyRequest.decode(buffer);
  return { plan, reason, revision: toNumber(revision) };
}

/** Reads HistoryRequest. Throws on garbage. */
export function decodeHistoryRequest(buffer: Uint8Array): HistoryRequest {
  const { name, before, limit } = v1.HistoryRequest.decode(buffer);
  return { name, before: toNumber(before), limit };
}

/** Reads ExplainRequest: the name. Throws on garbage. */
export function decodeExplainRequest(buffer: Uint8Array): string {
  return v1.ExplainRequest.decode(buffer).name;
}

/** Reads GetRequest: the name. Throws on garbage. */
export function decodeGetRequest(buffer: Uint8Array): string {
  return v1.GetRequest.decode(buffer).name;
}

/** Reads DifferencesRequest: the name. Throws on garbage. */
export function decodeDifferencesRequest(buffer: Uint8Array): string {
  return v1.DifferencesRequest.decode(buffer).name;
}

/** Reads WatchRequest: the name. Throws on garbage. */
export function decodeWatchRequest(buffer: Uint8Array): string {
  return v1.WatchRequest.decode(buffer).name;
}

/** Reads ListRequest, which says nothing. Throws on garbage. */
export function decodeListRequest(buffer: Uint8Array): undefined {
  v1.ListRequest.decode(buffer);
  return undefined;
}

/** Reads ChangeRequest. Throws on garbage. */
export function decodeChangeRequest(buffer: Uint8Array): ChangeRequest {
  const { name, reason, revision } = v1.ChangeRequest.decode(buffer);
  return { name, reason, revision: toNumber(revision) };
}

/** Writes Rollout. */
export function encodeRollout(view: RolloutView): Buffer {
  return Buffer.from(v1.Rollout.encode(rolloutOf(view)).finish());
}

/** Writes DifferencesResponse. */
export function encodeDifferences(view: RolloutView): Buffer {
  return Buffer.from(v1.DifferencesResponse.encode(differencesOf(view)).finish());
}

/** DifferencesResponse. */
export function differencesOf({
  differences,
  pairsCompared,
}: RolloutView): understudy.v1.DifferencesResponse.$Properties {
  const places = differences.map(({ difference, count, samples }) => ({
    ...difference,
    count,
    samples: samples.map(({ requestId, startMs, primary, candidate }) => ({
      requestId,
      beganUnixMs: Math.round(startMs),
      primary,
      candidate,
    })),
  }));
  return { places, pairs: pairsCompared };
}

/** Writes ListResponse. */
export function encodeRollouts(views: readonly RolloutView[]): Buffer {
  const rollouts = views.map(rolloutOf);
  return Buffer.from(v1.ListResponse.encode({ rollouts }).finish());
}

/** Rollout. */
export function rolloutOf(view: RolloutView): understudy.v1.Rollout.$Properties {
  const { plan, state, evidence } = view;
  return {
    name: plan.name,
    primary: plan.primary,
    candidate: plan.candidate,
    phase: PHASES[state.phase],
    step: state.stepIndex,
    steps: plan.steps.map(stepText),
    traffic: view.traffic,
    inForce: view.inForce ?? null,
    problem: view.problem ?? "",
    verdict: verdictOf(view),
    reason: state.reason,
    revision: state.revision,
    pairs: evidence.pairs,
    primaryRequests: evidence.requests.primary,
    candidateRequests: evidence.requests.candidate,
    startedUnixMs: state.startedAtMs,
    updatedUnixMs: state.updatedAtMs,
    decidedUnixMs: state.decidedAtMs,
    differences: view.differences
      .slice(0, PATHS_SHOWN_MAX)
      .map(({ difference, count }) => ({ ...difference, count })),
    ...watchedOf(view),
  };
}

function verdictOf({ verdict, evidence }: RolloutView): understudy.v1.Verdict.$Properties {
  return {
    judgement: JUDGEMENTS[verdict.judgement],
    reasons: [...verdict.reasons],
    guardrails: verdict.guardrails.map((guardrail) => guardrailOf(guardrail, evidence)),
    requestsNeeded: wholeOrNull(verdict.requestsNeeded),
    secondsNeeded: wholeOrNull(verdict.secondsNeeded),
    withheld: verdict.withheld ?? "",
  };
}

function guardrailOf(
  guardrail: GuardrailVerdict,
  evidence: Evidence,
): understudy.v1.GuardrailVerdict.$Properties {
  const { primary, candidate } = intervalsOf(evidenceFor(evidence.guardrails, guardrail.name));
  return {
    name: guardrail.name,
    judgement: JUDGEMENTS[guardrail.judgement],
    logEBad: guardrail.logEBad,
    logEGood: guardrail.logEGood,
    reason: guardrail.reason,
    primary: guardrail.primary ?? 0,
    candidate: guardrail.candidate ?? 0,
    needed: wholeOrNull(guardrail.needed),
    dryRun: guardrail.dryRun,
    primaryInterval: primary ?? null,
    candidateInterval: candidate ?? null,
  };
}

function wholeOrNull(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : Math.ceil(value);
}

const PHASES: Readonly<Record<Phase, understudy.v1.Phase>> = {
  progressing: v1.Phase.PHASE_PROGRESSING,
  paused: v1.Phase.PHASE_PAUSED,
  "rolling-back": v1.Phase.PHASE_ROLLING_BACK,
  promoted: v1.Phase.PHASE_PROMOTED,
  "rolled-back": v1.Phase.PHASE_ROLLED_BACK,
};

/** What judgements are on the wire. */
export const JUDGEMENTS: Readonly<Record<Judgement, understudy.v1.Judgement>> = {
  pass: v1.Judgement.JUDGEMENT_PASS,
  fail: v1.Judgement.JUDGEMENT_FAIL,
  inconclusive: v1.Judgement.JUDGEMENT_INCONCLUSIVE,
};
