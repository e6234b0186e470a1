const FIRST_MS: u64 = 100;
const LONGEST_MS: u64 = 5_000;

/** When to connect again: twice as long after each failure, with full jitter, at most five seconds. */
export class Backoff {
  private failures: i32 = 0;

  /** Milliseconds to wait from now, at least 50; `random` is any number. */
  next(random: u64): u64 {
    const longest = min(LONGEST_MS, FIRST_MS << u64(min(this.failures, 10)));
    this.failures++;
    return 50 + (random % longest);
  }

  reset(): void {
    this.failures = 0;
  }
}
