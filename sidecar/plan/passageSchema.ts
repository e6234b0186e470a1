import { z } from "zod";
import type { Readiness } from "../core/plan/readiness.ts";
import { type Schedule, WEEKDAYS } from "../core/plan/schedule.ts";
import type { SteppedRollback } from "../core/plan/step.ts";
import { count, duration, section } from "./fields.ts";
import { isTimezone, parseLocalTime, parseTimeOfDay, unixTimeOf } from "./localTime.ts";

// What holds a rollout up besides its evidence, and how it goes back.

const WINDOWS_MAX = 32;
const REASON_MAX = 200;
const FAILURES_MAX = 100;
const DAY_MS = 86_400_000;
const URL_MAX = 2_048;

const time = () => {
  const allowed = "a time of day from 00:00 to 24:00, such as 09:30";
  return z.string({ error: allowed }).transform((text, context) => {
    const minute = parseTimeOfDay(text);
    if (minute === undefined) {
      context.issues.push({ code: "custom", message: allowed, input: text });
      return z.NEVER;
    }
    return minute;
  });
};

const date = () => {
  const allowed = "a date such as 2026-12-24, with a time as in 2026-12-24 18:00 or RFC 3339";
  return z.string({ error: allowed }).transform((text, context) => {
    const local = parseLocalTime(text);
    if (local === undefined) {
      context.issues.push({ code: "custom", message: allowed, input: text });
      return z.NEVER;
    }
    return local;
  });
};

function few<Item extends z.ZodType>(item: Item, of: string) {
  const error = `a list of at most ${WINDOWS_MAX} ${of}`;
  return z.array(item, { error }).max(WINDOWS_MAX, { error }).default([]);
}

const days = `a list of ${WEEKDAYS.join(", ")}`;
const WORKDAYS = WEEKDAYS.slice(0, 5);

/** When steps may advance. */
export const schedule: z.ZodType<Schedule, unknown> = section({
  timezone: z
    .string({ error: "a time zone such as Europe/Berlin" })
    .refine(isTimezone, { error: "a time zone such as Europe/Berlin" })
    .default("UTC")
    .describe("Whose clocks the times are of, by its name in the IANA database."),
  windows: few(
    section({
      days: z
        .array(z.enum(WEEKDAYS, { error: days }), { error: days })
        .min(1, { error: days })
        .default(WORKDAYS)
        .describe("The days on which it opens."),
      from: time().describe("When it opens."),
      to: time().describe("When it closes, on the next day if that is not later."),
    }),
    "windows",
  ).describe("Steps advance inside one of them; at any time when there is none."),
  freezes: few(
    section({
      from: date().describe("When it begins."),
      to: date().describe("When it is over."),
      reason: z
        .string({ error: `a text of at most ${REASON_MAX} characters` })
        .max(REASON_MAX, { error: `a text of at most ${REASON_MAX} characters` })
        .default("freeze")
        .describe("What people are told."),
    }),
    "freezes",
  ).describe("Nothing advances in one of them."),
})
  .transform(({ timezone, windows, freezes }) => ({
    timezone,
    windows: windows.map(({ days, from, to }) => ({ days, fromMinute: from, toMinute: to })),
    freezes: freezes.map(({ from, to, reason }) => ({
      fromMs: unixTimeOf(from, timezone),
      toMs: unixTimeOf(to, timezone),
      reason,
    })),
  }))
  .superRefine(({ freezes }, context) => {
    for (const [index, { fromMs, toMs }] of freezes.entries()) {
      if (toMs <= fromMs) {
        const path = ["freezes", index, "to"];
        context.issues.push({ code: "custom", message: "a time after from", input: toMs, path });
      }
    }
  })
  .describe("When steps may advance. A rollback never waits.");

const url = () => {
  const error = "an address such as http://127.0.0.1:8080/ready";
  return z
    .string({ error })
    .max(URL_MAX, { error })
    .refine((text) => /^https?:\/\/[^/\s]/.test(text) && URL.canParse(text), { error });
};

/** How it is known whether variants can take users. */
export const readiness: z.ZodType<Readiness, unknown> = section({
  primary: url().optional().describe("What the primary answers 2xx on when it is ready."),
  candidate: url().optional().describe("What the candidate answers 2xx on when it is ready."),
  every: duration({ minMs: 100, maxMs: 3_600_000 })
    .prefault("5s")
    .describe("How often each is asked, and how long it may take."),
  failures: count()
    .min(1, { error: `a whole number from 1 to ${FAILURES_MAX}` })
    .max(FAILURES_MAX, { error: `a whole number from 1 to ${FAILURES_MAX}` })
    .default(3)
    .describe("After so many failures in a row a variant is not ready."),
})
  .refine(({ primary, candidate }) => primary !== undefined || candidate !== undefined, {
    error: "an address of primary, candidate or both",
  })
  .transform(({ primary, candidate, every, failures }) => ({
    ...(primary !== undefined && { primary }),
    ...(candidate !== undefined && { candidate }),
    everyMs: every,
    failures,
  }))
  .describe("Where variants say whether they are ready. Users are never sent to one that is not.");

/** How the weight goes back to none; undefined when it does at once. */
export const rollback: z.ZodType<SteppedRollback | undefined, unknown> = section({
  mode: z
    .enum(["instant", "stepped"], { error: "instant or stepped" })
    .default("instant")
    .describe("At once, or down the canary weights that it came up."),
  every: duration({ minMs: 1_000, maxMs: DAY_MS })
    .prefault("10s")
    .describe("How long each weight is kept on the way down."),
})
  .transform(({ mode, every }) => (mode === "stepped" ? { everyMs: every } : undefined))
  .describe("How the candidate's weight goes back to none.");
