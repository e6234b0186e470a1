import { type Schedule, type TimeWindow, WEEKDAYS } from "../plan/schedule.ts";

const days: readonly string[] = WEEKDAYS;
const HOUR_MINUTES = 60;
const DAY_MINUTES = 1_440;
const WEEK_MINUTES = 7 * DAY_MINUTES;

/** Why steps may not advance now (Unix time), one sentence that says until when; undefined when they may. */
export function closedBy(schedule: Schedule, nowMs: number): string | undefined {
  const { freezes, timezone, windows } = schedule;
  const freeze = freezes.find(({ fromMs, toMs }) => fromMs <= nowMs && nowMs < toMs);
  if (freeze !== undefined) {
    const until = dateText(timezone, freeze.toMs);
    return `frozen until ${until} (${timezone}): ${freeze.reason}`;
  }
  const minute = minuteOfWeek(timezone, nowMs);
  if (windows.length === 0 || windows.some((window) => holds(window, minute))) {
    return undefined;
  }
  return `outside the schedule's windows: the next opens ${nextOpening(windows, minute)} (${timezone})`;
}

/** Minutes from Monday's midnight, by the clocks of a time zone. */
function minuteOfWeek(timezone: string, nowMs: number): number {
  const { weekday, hour, minute } = partsOf(timezone, nowMs);
  const day = days.indexOf(weekday?.toLowerCase() ?? "");
  return day * DAY_MINUTES + Number(hour) * HOUR_MINUTES + Number(minute);
}

function holds(window: TimeWindow, minute: number): boolean {
  return openings(window).some((opens) => sinceOf(opens, minute) < lengthOf(window));
}

/** Minutes of the week at which a window opens. */
function openings({ days, fromMinute }: TimeWindow): readonly number[] {
  return days.map((day) => WEEKDAYS.indexOf(day) * DAY_MINUTES + fromMinute);
}

function lengthOf({ fromMinute, toMinute }: TimeWindow): number {
  return toMinute > fromMinute ? toMinute - fromMinute : toMinute + DAY_MINUTES - fromMinute;
}

/** How long ago a minute of the week was, at another one. */
function sinceOf(earlier: number, minute: number): number {
  return (minute - earlier + WEEK_MINUTES) % WEEK_MINUTES;
}

/** "mon 09:00" */
function nextOpening(windows: readonly TimeWindow[], minute: number): string {
  const [next = 0] = windows
    .flatMap(openings)
    .toSorted((a, b) => sinceOf(minute, a) - sinceOf(minute, b));
  return `${WEEKDAYS[Math.floor(next / DAY_MINUTES) % WEEKDAYS.length]} ${timeText(next % DAY_MINUTES)}`;
}

/** A minute of the day as clocks show it: "09:00". */
export function timeText(minuteOfDay: number): string {
  const [hours, minutes] = [Math.floor(minuteOfDay / HOUR_MINUTES), minuteOfDay % HOUR_MINUTES];
  return `${String(hours).padStart(2, "0")}:${String(minutes).padStart(2, "0")}`;
}

/** "2026-12-27 00:00" */
function dateText(timezone: string, atMs: number): string {
  const { year, month, day, hour, minute } = partsOf(timezone, atMs);
  return `${year}-${month}-${day} ${hour}:${minute}`;
}

type Part = Intl.DateTimeFormatPartTypes;

function partsOf(timezone: string, atMs: number): Partial<Record<Part, string>> {
  const parts = formatFor(timezone).formatToParts(atMs);
  return Object.fromEntries(parts.map(({ type, value }) => [type, value]));
}

/** Time zones whose formats are remembered: making one is slow, and plans have few. */
const REMEMBERED_MAX = 64;
const formats = new Map<string, Intl.DateTimeFormat>();

function formatFor(timeZone: string): Intl.DateTimeFormat {
  const found = formats.get(timeZone);
  if (found !== undefined) {
    return found;
  }
  if (formats.size >= REMEMBERED_MAX) {
    formats.clear();
  }
  const made = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hourCycle: "h23",
    ...{ weekday: "short", year: "numeric", month: "2-digit", day: "2-digit" },
    ...{ hour: "2-digit", minute: "2-digit" },
  });
  formats.set(timeZone, made);
  return made;
}
