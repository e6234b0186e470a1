const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const SECOND_MS = 1000;

/** Hours, minutes, seconds and milliseconds in this order, each once at most and at least one of them: `250ms`, `5m`, `1h30m`. */
export const DURATION: RegExp =
  /^(?=.)(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?(?:(\d{1,9})ms)?$/;

/** Milliseconds of a duration's text; undefined when it is none. `parseDuration(formatDuration(ms))` is ms. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (match === null) {
    return undefined;
  }
  const [, hours = "0", minutes = "0", seconds = "0", milliseconds = "0"] = match;
  return (
    Number(hours) * HOUR_MS +
    Number(minutes) * MINUTE_MS +
    Number(seconds) * SECOND_MS +
    Number(milliseconds)
  );
}

/** The shortest text of a whole number of milliseconds from 0: `0s`, `1m30s`. */
export function formatDuration(milliseconds: number): string {
  const parts = [
    [Math.floor(milliseconds / HOUR_MS), "h"],
    [Math.floor(milliseconds / MINUTE_MS) % 60, "m"],
    [Math.floor(milliseconds / SECOND_MS) % 60, "s"],
    [milliseconds % SECOND_MS, "ms"],
  ] as const;
  return parts.map(([count, unit]) => (count === 0 ? "" : `${count}${unit}`)).join("") || "0s";
}
