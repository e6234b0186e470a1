/** How variants are asked whether they are ready: GET, answered 2xx. Those without a URL are taken to be. */
export type Readiness = {
  readonly primary?: string;
  readonly candidate?: string;
  /** How often each is asked, and how long it may take to answer. */
  readonly everyMs: number;
  /** A variant is not ready after so many failures in a row, at least 1. */
  readonly failures: number;
};
