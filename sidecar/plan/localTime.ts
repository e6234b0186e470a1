const MINUTE_MS = 60_000;
const HOUR_MINUTES = 60;
const DAY_MINUTES = 1_440;

const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?(Z|[+-]\d{2}:\d{2})?)?$/;
const TIME = /^(\d{2}):(\d{2})$/;

/** Minutes from midnight of "09:00", up to "24:00"; undefined when it is no time. */
export function parseTimeOfDay(text: string): number | undefined {
  const [, hours = "", minutes = ""] = TIME.exec(text) ?? [];
  const minute = Number(hours) * HOUR_MINUTES + Number(minutes);
  return hours !== "" && Number(minutes) < HOUR_MINUTES && minute <= DAY_MINUTES
    ? minute
    : undefined;
}

/** A date and perhaps a time, by the clocks of some time zone. */
export type LocalTime = {
  /** As if those clocks showed UTC, Unix time. */
  readonly shownMs: number;
  /** What is to be subtracted, when the text says so; otherwise it depends on where the clocks are. */
  readonly offsetMs: number | undefined;
};

/** Reads "2026-12-24", "2026-12-24 18:00" or RFC 3339; undefined when it is none of these, or there is no such day or time. */
export function parseLocalTime(text: string): LocalTime | undefined {
  const match = DATE_TIME.exec(text);
  if (match === null) {
    return undefined;
  }
  const [, year, month, day, hour = "00", minute = "00", second = "00", zone] = match;
  const written = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const shownMs = Date.parse(written);
  return Number.isNaN(shownMs) || new Date(shownMs).toISOString() !== written
    ? undefined
    : { shownMs, offsetMs: zone === undefined ? undefined : offsetOf(zone) };
}

function offsetOf(zone: string): number {
  if (zone === "Z") {
    return 0;
  }
  const minutes = Number(zone.slice(1, 3)) * HOUR_MINUTES + Number(zone.slice(4));
  return (zone.startsWith("-") ? -minutes : minutes) * MINUTE_MS;
}

/** Unix time of what the clocks of a time zone show. Of a time that they skip or repeat, one that is near. */
export function unixTimeOf({ shownMs, offsetMs }: LocalTime, timezone: string): number {
  if (offsetMs !== undefined) {
    return shownMs - offsetMs;
  }
  const near = shownMs - offsetAt(shownMs, timezone);
  return shownMs - offsetAt(near, timezone);
}

/** Whether the IANA database, as this Node has it, knows the name. */
export function isTimezone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/** By how much the clocks of a time zone are ahead of UTC. */
function offsetAt(atMs: number, timezone: string): number {
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = Object.fromEntries(
    formatOf(timezone)
      .formatToParts(atMs)
      .map(({ type, value }) => [type, value]),
  );
  const { year, month, day, hour, minute } = parts;
  const shownMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:00Z`);
  return shownMs - Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hourCycle: "h23",
    ...{ year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" },
  });
}
