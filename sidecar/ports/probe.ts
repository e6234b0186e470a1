/** Asks variants whether they can take users. */
export interface Probe {
  /** Resolves when what is at the URL says that it is ready; rejects only with OutgoingError, also when the signal aborts. */
  check(url: string, signal: AbortSignal): Promise<void>;
}
