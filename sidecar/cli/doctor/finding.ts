/** What one check came to. */
export type Finding = {
  /** What was looked at, as "cluster understudy". */
  readonly check: string;
  /** A note is nothing wrong, but worth knowing. */
  readonly outcome: "ok" | "note" | "problem";
  /** What is there, in a sentence. */
  readonly found: string;
  /** What to do; "" where nothing is to be done. */
  readonly advice: string;
};

/** All is well. */
export function fine(check: string, found: string): Finding {
  return { check, outcome: "ok", found, advice: "" };
}

/** Something that may be meant so. */
export function note(check: string, found: string, advice: string): Finding {
  return { check, outcome: "note", found, advice };
}

/** Something is wrong, and what to do. */
export function problem(check: string, found: string, advice: string): Finding {
  return { check, outcome: "problem", found, advice };
}
