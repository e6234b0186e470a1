/** What the evidence says of one guardrail, or of a whole step. */
export type Judgement = "pass" | "fail" | "inconclusive";

/** One guardrail's part of a verdict. */
export type GuardrailVerdict = {
  readonly name: string;
  readonly judgement: Judgement;
  /** Natural logarithms of the two e-values. */
  readonly logEBad: number;
  readonly logEGood: number;
  /** One sentence with the figures. */
  readonly reason: string;
  /** Observed rates; `primary` is undefined for a guardrail on pairs, both while nothing was seen. */
  readonly primary: number | undefined;
  readonly candidate: number | undefined;
  /** About how many more pairs or candidate requests a pass needs; undefined when it can't be said. */
  readonly needed: number | undefined;
  /** Whether it only reports. */
  readonly dryRun: boolean;
};

/** What `judge` says of a rollout at one look. */
export type Verdict = {
  readonly judgement: Judgement;
  /** Sentences, the most important first. */
  readonly reasons: readonly string[];
  readonly guardrails: readonly GuardrailVerdict[];
  /** About how many more user requests are needed for a pass; undefined when it can't be said. */
  readonly requestsNeeded: number | undefined;
  /** About how long that takes at the present rate of requests; undefined when it can't be said. */
  readonly secondsNeeded: number | undefined;
  /** Why no evidence may promote: users were not split as the traffic asked for. */
  readonly withheld: string | undefined;
  /** Whether the breaker has tripped; absent when it has not. */
  readonly isTripped?: boolean;
};
