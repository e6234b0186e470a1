/** Width of a window, but where the timeout is long. Short, so that what changes for both variants at once cannot look like a difference between them. */
export const WINDOW_MS = 1_000;
/** How long after a request's deadline its observation may still arrive. */
export const REPORT_MS = 1_000;
/**
 * How far in the future a start may lie. Only a bound on memory: clocks differ a little, and the time heard of may be old where the
 * sidecar was held up. Refusing those that are quick to arrive, and taking the slow ones of the same window later, would favour slow ones.
 */
export const FUTURE_MS = 60_000;
/** About how many windows may be open at once: those of 300 s are 5 s wide, and those of up to 19 s 1 s. */
const OPEN_MAX = 80;

/**
 * Windows of requests by the time they *began*, 1 s wide, or up to 5 s where a long timeout would have too many of them open. A window is held open until every request that began in it must have been
 * reported, and closes by the clock alone: closing on what was answered would favour quick answers.
 * Bounded: a start is let in only between the closed windows and a minute from now.
 */
export type Windows<T> = {
  readonly widthMs: number;
  /** How long after its end a window closes. */
  readonly holdMs: number;
  /** By the window's beginning. */
  readonly open: Map<number, T>;
  /** The window that was asked for last, closed or not: most requests began in the same one as the request before. */
  latest: ClosedWindow<T> | undefined;
  /** Every window that begins before is closed. */
  closedUntilMs: number;
  /** The latest time heard of. */
  nowMs: number;
};

/** One window, and when it began. */
export type ClosedWindow<T> = { readonly beginMs: number; readonly value: T };

/**
 * No window yet. Those that began before now are closed from the start: of the requests in flight now, only the slow ones would be seen.
 */
export function openWindows<T>(requestTimeoutMs: number, nowMs: number): Windows<T> {
  const holdMs = requestTimeoutMs + REPORT_MS;
  const widthMs = Math.ceil((holdMs + FUTURE_MS) / OPEN_MAX / WINDOW_MS) * WINDOW_MS;
  return {
    widthMs,
    holdMs,
    open: new Map(),
    latest: undefined,
    closedUntilMs: Math.ceil(nowMs / widthMs) * widthMs,
    nowMs,
  };
}

/** When the window of a start begins. */
export function windowBegin<T>({ widthMs }: Windows<T>, startMs: number): number {
  return Math.floor(startMs / widthMs) * widthMs;
}

/** The value of the window that a start belongs to, made when it is the first; or why there is none. */
export function windowOf<T>(
  windows: Windows<T>,
  startMs: number,
  make: () => T,
): T | "late" | "future" {
  const beginMs = windowBegin(windows, startMs);
  if (beginMs < windows.closedUntilMs) {
    return "late";
  }
  if (!(startMs <= windows.nowMs + FUTURE_MS)) {
    return "future";
  }
  if (windows.latest?.beginMs === beginMs) {
    return windows.latest.value;
  }
  const value = windows.open.get(beginMs) ?? make();
  windows.open.set(beginMs, value);
  windows.latest = { beginMs, value };
  return value;
}

/** Closes and takes the windows whose time has come, in the order they began. Time that goes back changes nothing. */
export function takeClosed<T>(windows: Windows<T>, nowMs: number): readonly ClosedWindow<T>[] {
  windows.nowMs = Math.max(windows.nowMs, nowMs);
  const untilMs = windowBegin(windows, windows.nowMs - windows.holdMs);
  if (untilMs <= windows.closedUntilMs) {
    return [];
  }
  windows.closedUntilMs = untilMs;
  const due = [...windows.open].filter(([beginMs]) => beginMs < untilMs).sort(([a], [b]) => a - b);
  return due.map(([beginMs, value]) => {
    windows.open.delete(beginMs);
    return { beginMs, value };
  });
}
