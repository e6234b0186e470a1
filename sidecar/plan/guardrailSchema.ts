import { z } from "zod";
import { LABEL_METRICS } from "../core/plan/plan.ts";
import type { GuardrailsDocument, PlanDocument } from "./document.ts";
import { count, duration, number, rate, section, share } from "./fields.ts";

const MAXIMUM_TIME_MS_MAX = 90 * 24 * 3_600_000;
const BREAKER_REQUESTS_MAX = 1_000;

const margin = () =>
  number({ min: 1, max: 100 })
    .default(1.5)
    .describe("How many times the primary's rate the candidate's may be.");

const common = () => ({
  weight: number({ min: 0.01, max: 100 })
    .default(1)
    .describe("Its share of alpha.rollback, relative to the other guardrails'."),
  dryRun: z
    .boolean({ error: "true or false" })
    .default(false)
    .describe("Whether it only reports, and neither rolls back nor holds up."),
});

const rateLimits = (tolerance: string) => ({
  margin: margin(),
  tolerance: rate()
    .prefault(tolerance)
    .describe("A rate below this is good whatever the primary's."),
  unit: z
    .enum(["request", "user"], { error: "request or user" })
    .default("request")
    .describe(
      "What counts: every request, or every user once, which bursts and habits can't mislead.",
    ),
  frequency: z
    .enum(["rare", "common"], { error: "rare or common" })
    .default("rare")
    .describe("Common for events that a large part of the requests show: another test, as right."),
  ...common(),
});

/** The guardrails, each at most once. */
export const guardrails: z.ZodType<GuardrailsDocument> = section({
  errorRate: section(rateLimits("1%")).optional().describe("Share of user requests that fail."),
  tests: section({
    tolerance: rate().prefault("5%").describe("Share of test requests that may fail."),
    ...common(),
  })
    .optional()
    .describe("Share of the test requests of previews that the candidate fails."),
  disagreement: section({
    of: z
      .enum(["prediction", "answer"], { error: "prediction or answer" })
      .default("answer")
      .describe("What has to differ for a pair to disagree."),
    tolerance: rate().describe("Share of pairs that may disagree."),
    ...common(),
  })
    .optional()
    .describe("Share of pairs whose answers differ."),
  latency: section({
    slowerThan: duration({ minMs: 1, maxMs: 300_000 }).describe("What a slow request takes."),
    ...rateLimits("2%"),
  })
    .optional()
    .describe("Share of user requests that are slow."),
  slowdown: section({
    margin: margin(),
    tolerance: rate().prefault("2%").describe("A rate below this is good whatever the primary's."),
    ...common(),
  })
    .optional()
    .describe("Share of user requests that are slower than any of a row of latencies."),
  excess: section({
    percent: share("0.01%")
      .prefault("10%")
      .describe("Share of requests, among those copied, that the primary answers twice."),
    tolerance: rate().describe(
      "By how much the candidate's answer may differ more often than the primary's second one, at any place.",
    ),
    ...common(),
  })
    .optional()
    .describe("Share of requests whose answers differ beyond the primary's own noise."),
  score: section({
    tolerance: rate().describe("Mean distance of the predictions' scores, 100% being 1."),
    ...common(),
  })
    .optional()
    .describe("How far the scores of predictions are apart."),
  accuracy: section({
    tolerance: rate().describe("How far the candidate's accuracy may be below the primary's."),
    ...common(),
  })
    .optional()
    .describe("Share of labelled predictions that are right, compared with the primary's."),
  performance: section({
    metric: z
      .enum(LABEL_METRICS, { error: `one of ${LABEL_METRICS.join(", ")}` })
      .default("accuracy")
      .describe("What of the candidate's labelled predictions must reach the floor."),
    floor: number({ min: 0.01, max: 0.99 }).describe(
      "The least it may be, whatever the primary's.",
    ),
    ...common(),
  })
    .optional()
    .describe("How good the candidate's labelled predictions are by themselves."),
});

/** When the candidate's last requests roll back by themselves. */
export const breaker: z.ZodType<
  PlanDocument["spec"]["breaker"],
  "off" | { requests?: number | undefined; failures?: string | undefined }
> = z
  .union(
    [
      z.literal("off"),
      section({
        requests: count()
          .min(1, { error: `a whole number from 1 to ${BREAKER_REQUESTS_MAX}` })
          .max(BREAKER_REQUESTS_MAX, { error: `a whole number from 1 to ${BREAKER_REQUESTS_MAX}` })
          .default(20)
          .describe("How many of the candidate's last user requests are looked at."),
        failures: rate().prefault("50%").describe("Share of them that rolls back at once."),
      }),
    ],
    { error: "off, or a mapping of requests, failures" },
  )
  .describe(
    "Rolls back without statistics when most of the candidate's last requests failed, and hardly any of the primary's.",
  );

/** How long a rollout may stay undecided. */
export const maximum: z.ZodType<
  NonNullable<PlanDocument["spec"]["maximum"]>,
  { time: string; outcome?: string | undefined }
> = section({
  time: duration({ minMs: 1_000, maxMs: MAXIMUM_TIME_MS_MAX }).describe(
    "From the start of the rollout; not while it is paused.",
  ),
  outcome: z
    .enum(["hold", "rollback", "promote"], { error: "hold, rollback or promote" })
    .default("hold")
    .describe("What then becomes of a rollout that is undecided."),
}).describe("How long a rollout may stay undecided.");
