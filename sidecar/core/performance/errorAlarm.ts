import { type Adwin, addAdwin, startAdwin } from "../drift/adwin.ts";

/** A share of errors that changed: what it was in the window until then, and what it is in the part that was kept. */
export type ErrorChange = { readonly before: number; readonly after: number };

/** The errors of one variant, as ADWIN sees them, in the order of time. Plain JSON. */
export type ErrorAlarm = { readonly window: Adwin };

/** No prediction yet. */
export function startErrorAlarm(): ErrorAlarm {
  return { window: startAdwin() };
}

/**
 * Adds whether the next labelled prediction was wrong, and tells when the share of errors has changed for good (ADWIN at its usual delta of
 * 0.002). An alarm for people: its chance of being false is bounded for one look, not for all, so nothing is rolled back for it.
 */
export function addError(alarm: ErrorAlarm, isWrong: boolean): ErrorChange | undefined {
  const { window } = alarm;
  const before = window.changed || window.n === 0 ? undefined : window.sum / window.n;
  const changed = addAdwin(window, isWrong ? 1 : 0);
  return changed && before !== undefined && window.n > 0
    ? { before, after: window.sum / window.n }
    : undefined;
}
