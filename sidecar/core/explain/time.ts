import { formatDuration } from "../plan/duration.ts";

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** A time for people, rounded up to what matters of it: "12s", "5m10s", "3h20m". */
export function timeText(ms: number): string {
  const grainMs = ms < HOUR_MS ? SECOND_MS : MINUTE_MS;
  return formatDuration(Math.ceil(Math.max(0, ms) / grainMs) * grainMs);
}
