import { emptyEvidence } from "../evidence/evidence.ts";
import { closeWindows, liveOf, observeCounts, openBook } from "../evidence/ingest.ts";
import { judge } from "../judge.ts";
import type { Plan } from "../plan/plan.ts";
import { decide } from "../rollout/decide.ts";
import { evolve } from "../rollout/evolve.ts";
import { start } from "../rollout/start.ts";
import { isFinal } from "../rollout/state.ts";
import { stepAt } from "../rollout/stepAt.ts";
import { trafficOf } from "../rollout/trafficOf.ts";
import { ALL_BP } from "../traffic.ts";
import { judgementOf } from "../weigh.ts";
import { WINDOW_MS } from "../window.ts";
import { countRipe, noneUnripe } from "./labels.ts";
import type { Random } from "./random.ts";
import type { Truth } from "./truth.ts";
import { candidateShare, newUsers } from "./users.ts";
import { type DrawnWindow, drawWindow, type WindowTruth } from "./window.ts";

/** How one simulated rollout ended. */
export type Run = {
  readonly ending: "promoted" | "rolledBack" | "undecided";
  /** User requests of both variants that the decision was made on. */
  readonly requests: number;
  /** User requests that the candidate answered until the decision, also those that had not been counted by then. */
  readonly exposed: number;
  readonly seconds: number;
  /** Why, as the sidecar would say it. */
  readonly reason: string;
};

/** Draws what a window's requests do. */
export type Draw = (plan: Plan, window: WindowTruth, random: Random) => DrawnWindow;

const DAY_MS = 86_400_000;

/**
 * One rollout on a virtual clock: the sidecar's own windows, judge and decisions, fed with windows of drawn outcomes. What the loop asks of
 * filters and stores is left out: traffic changes at once, and nothing is lost.
 */
export function simulateRun(
  plan: Plan,
  truth: Truth,
  random: Random,
  draw: Draw = drawWindow,
): Run {
  const evidence = emptyEvidence(plan);
  const startInput = { nowMs: 0, by: "simulation", previous: undefined, generationInForce: 0 };
  let state = evolve(undefined, start(plan, { ...startInput, evidence }));
  const book = openBook(plan, evidence, 0);
  const unripe = noneUnripe(plan);
  const users = newUsers(truth.stickyShare, truth.users);
  const phaseMs = truth.diurnal > 0 ? random.next() * DAY_MS : 0;
  let verdict = judge(plan, stepAt(plan, state.stepIndex), evidence);
  let [nowMs, sent, due, exposed] = [0, 0, 0, 0];
  while (!isFinal(state) && sent < truth.requestsMax) {
    const swing = 1 + truth.diurnal * Math.sin(((nowMs + phaseMs) / DAY_MS) * 2 * Math.PI);
    due += (truth.requestsPerSecond * swing * WINDOW_MS) / 1_000;
    const traffic = trafficOf(plan, state);
    const share = candidateShare(users, traffic.candidateBp / ALL_BP, random);
    const requests = Math.floor(due) - sent;
    const window = { truth: swung(truth, swing), traffic, requests, candidateShare: share };
    const drawn = draw(plan, window, random);
    exposed += drawn.tally.requests.candidate;
    sent += requests;
    observeCounts(book, nowMs, drawn);
    unripe?.waiting.push({ beganMs: nowMs, predicted: drawn.predicted });
    nowMs += WINDOW_MS;
    const hasLabels = unripe !== undefined && countRipe(unripe, book, { truth, nowMs, random });
    const hasGrown = closeWindows(book, nowMs) || hasLabels || book.recent.trip !== undefined;
    const step = stepAt(plan, state.stepIndex);
    const live = liveOf(book);
    // Words and estimates are made for what may be decided on: from one inconclusive look to the next nothing is, but by a maximum.
    const isWorded = plan.maximum !== undefined || verdict.judgement !== "inconclusive";
    if (hasGrown && (isWorded || judgementOf(plan, step, book.evidence, live) !== "inconclusive")) {
      verdict = judge(plan, step, book.evidence, live);
    }
    const input = { nowMs, evidence: book.evidence, verdict, generationInForce: 0 };
    const event = decide(plan, state, input);
    if (event !== undefined) {
      state = evolve(state, event);
      verdict = judge(plan, stepAt(plan, state.stepIndex), book.evidence, liveOf(book));
    }
  }
  const { requests } = book.evidence;
  return {
    ending: ENDINGS[state.phase],
    requests: requests.primary + requests.candidate,
    exposed,
    seconds: nowMs / 1_000,
    reason: state.reason,
  };
}

const ENDINGS = {
  promoted: "promoted",
  "rolled-back": "rolledBack",
  progressing: "undecided",
  paused: "undecided",
  "rolling-back": "undecided",
} as const;

function swung(truth: Truth, swing: number): Truth {
  if (swing === 1) {
    return truth;
  }
  const scaled = (rates: Truth["errorRate"]): Truth["errorRate"] => ({
    primary: Math.min(1, rates.primary * swing),
    candidate: Math.min(1, rates.candidate * swing),
  });
  const errorRate = scaled(truth.errorRate);
  const { primary, candidate } = errorRate;
  const discordance = Math.min(
    Math.max(truth.discordance * swing, Math.abs(primary - candidate)),
    primary + candidate,
    2 - primary - candidate,
  );
  return { ...truth, errorRate, slowRate: scaled(truth.slowRate), discordance };
}
