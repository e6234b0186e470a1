import { quantity } from "../evidence/sentence.ts";
import { formatDuration } from "../plan/duration.ts";
import { formatBasisPoints } from "../plan/percentage.ts";
import type { Plan } from "../plan/plan.ts";
import { minimumOf, type Step, sharesOf } from "../plan/step.ts";
import { timeText } from "../rollout/openness.ts";
import { brief, percent } from "../words.ts";

/** What a step's traffic is, and what it does not promise. */
export function doesOf({ primary, candidate, guardrails }: Plan, step: Step): readonly string[] {
  const { shadowBp } = sharesOf(step);
  const copies = formatBasisPoints(shadowBp);
  const alsoCopied =
    shadowBp === 0 ? "" : `; ${copies} of the requests are copied to the other version`;
  switch (step.kind) {
    case "shadow":
      return [`${candidate} answers copies of ${copies} of the requests, and no user`];
    case "canary":
      return [
        `${candidate} answers ${formatBasisPoints(step.candidateBp)} of the users${alsoCopied}`,
      ];
    case "preview":
      return [
        `${candidate} answers test requests (by a trusted override, or a test route of the filter)${
          shadowBp === 0 ? "" : ` and copies of ${copies} of the requests`
        }, and no user`,
      ];
    case "switch": {
      const blind = guardrails.filter(({ kind }) =>
        ["errorRate", "latency", "slowdown"].includes(kind),
      );
      const names = blind.map(({ name }) => name).join(", ");
      return [
        `${candidate} answers all users at once; ${primary} stays warm${alsoCopied}`,
        ...(names === ""
          ? []
          : [
              `no user is left at ${primary} to compare with, which leaves ${names} as they are; the breaker still looks`,
            ]),
      ];
    }
    case "pause":
      return ["the traffic stays as it is"];
    default:
      return step satisfies never;
  }
}

/** What a step must have seen besides its guardrails. */
export function minimumText({ candidate }: Plan, step: Step): readonly string[] {
  const { pairs, requests, timeMs } = minimumOf(step);
  const counted = step.kind === "preview" ? "test requests" : `requests of ${candidate}`;
  const parts = [
    ...(pairs === 0 ? [] : [`${quantity(pairs)} pairs`]),
    ...(requests === 0 ? [] : [`${quantity(requests)} ${counted}`]),
    ...(timeMs === 0 ? [] : [formatDuration(timeMs)]),
  ];
  return parts.length === 0 ? [] : [`at least ${parts.join(", ")}`];
}

/** What errors the plan allows, what takes it back without statistics, and what holds it up or ends it. */
export function boundsOf(plan: Plan): readonly string[] {
  const { alpha, primary, candidate } = plan;
  return [
    `A candidate within every limit is rolled back with a chance of at most ${brief(alpha.rollback)}, one beyond some limit passes with at most ${brief(alpha.promotion)}, however often anybody looks.`,
    ...breakerText(plan),
    plan.rollback === undefined
      ? "A rollback is one change of weight, at once."
      : `A rollback goes down the canary weights, each for ${formatDuration(plan.rollback.everyMs)}; at once when the breaker trips.`,
    ...scheduleText(plan),
    ...readinessText(plan),
    ...maximumText(plan),
    ...retrainingText(plan),
    ...(plan.steps.at(-1)?.kind === "switch" && plan.steps.every(({ kind }) => kind !== "canary")
      ? [
          `No user of ${candidate} is compared with one of ${primary} in this plan: what only users show is seen by the breaker alone.`,
        ]
      : []),
  ];
}

function breakerText({ breaker, candidate }: Plan): readonly string[] {
  return breaker === undefined
    ? []
    : [
        `Breaker: ${percent(breaker.failures)} failures among the last ${breaker.requests} requests of ${candidate} take it back at once.`,
      ];
}

function scheduleText({ schedule }: Plan): readonly string[] {
  if (schedule === undefined) {
    return [];
  }
  const windows = schedule.windows.map(
    ({ days, fromMinute, toMinute }) =>
      `${days.join(" ")} ${timeText(fromMinute)} to ${timeText(toMinute)}`,
  );
  const open = windows.length === 0 ? "at any time" : windows.join("; ");
  const freezes =
    schedule.freezes.length === 0 ? "" : `, but in no freeze (${schedule.freezes.length} listed)`;
  return [`Steps advance ${open} (${schedule.timezone})${freezes}; a rollback never waits.`];
}

function readinessText({ readiness, primary, candidate }: Plan): readonly string[] {
  if (readiness === undefined) {
    return [];
  }
  const asked = [
    ...(readiness.primary === undefined ? [] : [primary]),
    ...(readiness.candidate === undefined ? [] : [candidate]),
  ];
  return [
    `${asked.join(" and ")} must answer that they are ready, asked every ${formatDuration(readiness.everyMs)}: no user is sent to a version that is not.`,
  ];
}

function retrainingText({ retraining, candidate }: Plan): readonly string[] {
  if (retraining === undefined) {
    return [];
  }
  const { coolDownMs, on, trigger } = retraining;
  return [
    `Once ${candidate} is promoted, the hook ${trigger} is told of its ${listed(on)}, at most once in ${formatDuration(coolDownMs)}.`,
  ];
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

function maximumText({ maximum }: Plan): readonly string[] {
  if (maximum === undefined) {
    return [];
  }
  const outcome = {
    hold: "people are told",
    rollback: "it is rolled back",
    promote: "it is promoted",
  };
  return [`Still undecided after ${formatDuration(maximum.timeMs)}: ${outcome[maximum.outcome]}.`];
}
