/** How far back the pace looks. */
const SPAN_MS = 60_000;

/** How many requests began in each of the last closed windows. */
export type Pace = readonly { readonly beginMs: number; readonly requests: number }[];

/** The pace after some more windows were closed. */
export function addToPace(pace: Pace, closed: Pace): Pace {
  const all = [...pace, ...closed];
  const sinceMs = (all.at(-1)?.beginMs ?? 0) - SPAN_MS;
  return all.filter(({ beginMs }) => beginMs > sinceMs);
}

/** User requests per second in the last minute of closed windows, which are so wide; undefined without any. */
export function requestsPerSecond(pace: Pace, widthMs: number): number | undefined {
  const [first, last] = [pace[0], pace.at(-1)];
  if (first === undefined || last === undefined) {
    return undefined;
  }
  const requests = pace.reduce((sum, window) => sum + window.requests, 0);
  return (requests * 1_000) / (last.beginMs + widthMs - first.beginMs);
}
