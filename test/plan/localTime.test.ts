import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { closedBy } from "../../sidecar/core/rollout/openness.ts";
import {
  isTimezone,
  parseLocalTime,
  parseTimeOfDay,
  unixTimeOf,
} from "../../sidecar/plan/localTime.ts";

const MINUTE_MS = 60_000;
const ZONES = [
  ...["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe"],
  ...["Pacific/Kiritimati", "America/Los_Angeles", "Africa/Casablanca"],
];
const zones = fc.constantFrom(...ZONES);
const instants = fc
  .integer({ min: Date.UTC(2000, 0) / MINUTE_MS, max: Date.UTC(2037, 0) / MINUTE_MS })
  .map((minutes) => minutes * MINUTE_MS);

/** What the clocks of a time zone show, as a plan writes it. */
function shownAt(atMs: number, timeZone: string): string {
  return new Intl.DateTimeFormat("sv-SE", {
    timeZone,
    ...{ year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" },
  }).format(atMs);
}

test("a local time is a time at which the clocks there show it", () => {
  fc.assert(
    fc.property(instants, zones, (atMs, zone) => {
      const shown = shownAt(atMs, zone);
      const local = parseLocalTime(shown) ?? assert.fail(shown);
      assert.equal(shownAt(unixTimeOf(local, zone), zone), shown);
    }),
  );
});

test("a time with its zone is what RFC 3339 says, wherever the schedule is", () => {
  fc.assert(
    fc.property(instants, zones, (atMs, zone) => {
      const text = new Date(atMs).toISOString().replace(".000Z", "Z");
      const local = parseLocalTime(text) ?? assert.fail(text);
      assert.equal(unixTimeOf(local, zone), atMs);
    }),
  );
  const ahead = parseLocalTime("2026-12-24T18:00:00+05:30") ?? assert.fail();
  assert.equal(unixTimeOf(ahead, "UTC"), Date.parse("2026-12-24T12:30:00Z"));
});

test("a freeze of one local minute holds in that minute alone", () => {
  fc.assert(
    fc.property(instants, zones, (atMs, timezone) => {
      const freezes = [{ fromMs: atMs, toMs: atMs + MINUTE_MS, reason: "one minute" }];
      const at = (ms: number) => closedBy({ timezone, windows: [], freezes }, ms) !== undefined;
      assert.deepEqual(
        [at(atMs - 1), at(atMs), at(atMs + MINUTE_MS - 1), at(atMs + MINUTE_MS)],
        [false, true, true, false],
      );
    }),
  );
});

test("a week of windows that follow each other is always open", () => {
  const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
  const windows = [
    { days, fromMinute: 6 * 60, toMinute: 22 * 60 },
    { days, fromMinute: 22 * 60, toMinute: 6 * 60 },
  ];
  fc.assert(
    fc.property(instants, zones, (atMs, timezone) => {
      assert.equal(closedBy({ timezone, windows, freezes: [] }, atMs), undefined);
    }),
  );
});

for (const { text, expected } of [
  { text: "00:00", expected: 0 },
  { text: "09:30", expected: 570 },
  { text: "24:00", expected: 1_440 },
  { text: "24:01", expected: undefined },
  { text: "9:30", expected: undefined },
  { text: "09:60", expected: undefined },
]) {
  test(`the time of day ${text} is ${expected ?? "none"}`, () => {
    assert.equal(parseTimeOfDay(text), expected);
  });
}

test("days that are not in the calendar, and time zones that nobody has, are none", () => {
  const wrong = ["2026-02-29", "2026-13-01", "2026-12-24 25:00", "24.12.2026", ""];
  assert.deepEqual(
    wrong.filter((text) => parseLocalTime(text) !== undefined),
    [],
  );
  assert.deepEqual([...ZONES, "Mars/Olympus", ""].filter(isTimezone), ZONES);
});
