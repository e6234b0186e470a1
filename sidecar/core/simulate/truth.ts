import { shifted } from "./latency.ts";

/** What is true of both variants and of the traffic in a simulation. Rates are shares of requests, from 0 to 1. */
export type Truth = {
  readonly errorRate: { readonly primary: number; readonly candidate: number };
  readonly slowRate: { readonly primary: number; readonly candidate: number };
  /** The candidate's latencies over the primary's. */
  readonly latencyShift: number;
  /** Share of the pairs in which neither variant failed whose answers (and predictions) differ. */
  readonly disagreement: number;
  /** Share of the primary's answers that differ from another one of its own to the same request, and so do the candidate's. */
  readonly noise: number;
  /** Share of the copied requests in which just one variant fails. */
  readonly discordance: number;
  /** Share of labelled predictions that are right, whatever their class. */
  readonly accuracy: { readonly primary: number; readonly candidate: number };
  /** Share of the copied requests of which just one variant's prediction is right. */
  readonly accuracyDiscordance: number;
  /** Share of the requests whose label is the positive one. */
  readonly positiveShare: number;
  /** Share of the predictions whose label comes before they count. */
  readonly labelCoverage: number;
  readonly requestsPerSecond: number;
  /** Share of the requests that `users` recurring users send; the rest come from users who come once. */
  readonly stickyShare: number;
  readonly users: number;
  /** How far error rates, slow rates and traffic swing up and down over a day, as a share of themselves. */
  readonly diurnal: number;
  /** A run that has decided nothing after so many user requests ends undecided. */
  readonly requestsMax: number;
};

/** A key of the truth: what may be given for it, and what it is when it is not given. */
export type TruthKey = {
  readonly key: string;
  readonly min: number;
  readonly max: number;
  readonly preset: string;
  readonly meaning: string;
};

const share = { min: 0, max: 1 } as const;

/** Every key of the truth. */
export const TRUTH_KEYS: readonly TruthKey[] = [
  { key: "primary-error-rate", ...share, preset: "0.001", meaning: "share of failures" },
  { key: "candidate-error-rate", ...share, preset: "the primary's", meaning: "share of failures" },
  { key: "primary-slow-rate", ...share, preset: "0.01", meaning: "share of slow requests" },
  {
    key: "candidate-slow-rate",
    ...share,
    preset: "the primary's, shifted",
    meaning: "share of slow requests",
  },
  {
    key: "latency-shift",
    min: 0.1,
    max: 10,
    preset: "1",
    meaning: "the candidate's latency over the primary's (lognormal, sigma 0.5)",
  },
  { key: "disagreement", ...share, preset: "0", meaning: "share of pairs that differ" },
  {
    key: "noise",
    ...share,
    preset: "0",
    meaning: "share of pairs that differ though both are the primary's",
  },
  {
    key: "discordance",
    ...share,
    preset: "as if independent",
    meaning: "share of copied requests in which just one variant fails",
  },
  { key: "primary-accuracy", ...share, preset: "0.9", meaning: "share of right predictions" },
  {
    key: "candidate-accuracy",
    ...share,
    preset: "the primary's",
    meaning: "share of right predictions",
  },
  {
    key: "accuracy-discordance",
    ...share,
    preset: "disagreement, as far as can be",
    meaning: "share of copied requests that just one variant predicts right",
  },
  {
    key: "positive-share",
    ...share,
    preset: "0.5",
    meaning: "share of requests that are truly positive",
  },
  {
    key: "label-coverage",
    ...share,
    preset: "1",
    meaning: "share of predictions whose label comes before the plan's horizon",
  },
  {
    key: "requests-per-second",
    min: 0.01,
    max: 100_000,
    preset: "50",
    meaning: "user requests of both variants",
  },
  { key: "sticky-share", ...share, preset: "0", meaning: "share of requests by recurring users" },
  { key: "users", min: 1, max: 1_000_000, preset: "1000", meaning: "recurring users" },
  {
    key: "diurnal",
    min: 0,
    max: 0.95,
    preset: "0",
    meaning: "swing of rates and traffic over a day",
  },
  {
    key: "requests-max",
    min: 1,
    max: 100_000_000,
    preset: "200000",
    meaning: "user requests after which a run ends undecided",
  },
];

/** A truth from texts such as `disagreement=0.02`, or everything that is wrong with them. */
export function parseTruth(
  entries: readonly string[],
): { readonly truth: Truth } | { readonly problems: readonly string[] } {
  const given = new Map<string, number>();
  const problems: string[] = [];
  for (const entry of entries) {
    const problem = take(given, entry);
    if (problem !== undefined) {
      problems.push(problem);
    }
  }
  if (problems.length > 0) {
    return { problems };
  }
  const truth = truthOf((key, otherwise) => given.get(key) ?? otherwise);
  const breaches = [
    ...breachOf("discordance", truth.errorRate, truth.discordance),
    ...breachOf("accuracy-discordance", truth.accuracy, truth.accuracyDiscordance),
  ];
  return breaches.length === 0 ? { truth } : { problems: breaches };
}

function take(given: Map<string, number>, entry: string): string | undefined {
  const [key = "", ...rest] = entry.split("=");
  const text = rest.join("=");
  const known = TRUTH_KEYS.find((each) => each.key === key);
  if (known === undefined) {
    const keys = TRUTH_KEYS.map((each) => each.key).join(", ");
    return `truth: ${entry}: one of ${keys}, with = and a number`;
  }
  const value = /^\d+(\.\d+)?(e-?\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (given.has(key) || !(value >= known.min && value <= known.max)) {
    const once = given.has(key) ? ", once" : "";
    return `truth ${key}: ${text}: a number from ${known.min} to ${known.max}${once}`;
  }
  given.set(key, value);
  return undefined;
}

function truthOf(value: (key: string, otherwise: number) => number): Truth {
  const p = value("primary-error-rate", 0.001);
  const q = value("candidate-error-rate", p);
  const slow = value("primary-slow-rate", 0.01);
  return {
    errorRate: { primary: p, candidate: q },
    slowRate: {
      primary: slow,
      candidate: value("candidate-slow-rate", shifted(slow, value("latency-shift", 1))),
    },
    latencyShift: value("latency-shift", 1),
    disagreement: value("disagreement", 0),
    noise: value("noise", 0),
    discordance: value("discordance", p * (1 - q) + q * (1 - p)),
    ...accuracyOf(value),
    requestsPerSecond: value("requests-per-second", 50),
    stickyShare: value("sticky-share", 0),
    users: Math.round(value("users", 1_000)),
    diurnal: value("diurnal", 0),
    requestsMax: value("requests-max", 200_000),
  };
}

/** With two classes, predictions that differ are those of which just one is right. */
function accuracyOf(
  value: (key: string, otherwise: number) => number,
): Pick<Truth, "accuracy" | "accuracyDiscordance" | "positiveShare" | "labelCoverage"> {
  const primary = value("primary-accuracy", 0.9);
  const accuracy = { primary, candidate: value("candidate-accuracy", primary) };
  const [least, most] = discordances(accuracy);
  const differing = Math.min(Math.max(value("disagreement", 0), least), most);
  return {
    accuracy,
    accuracyDiscordance: value("accuracy-discordance", differing),
    positiveShare: value("positive-share", 0.5),
    labelCoverage: value("label-coverage", 1),
  };
}

/** How often just one of two events may happen at their rates. */
function discordances({ primary, candidate }: Truth["accuracy"]): readonly [number, number] {
  const most = Math.min(primary + candidate, 2 - primary - candidate);
  return [Math.abs(primary - candidate), most];
}

function breachOf(key: string, rates: Truth["accuracy"], discordance: number): readonly string[] {
  const [least, most] = discordances(rates);
  return discordance < least - 1e-12 || discordance > most + 1e-12
    ? [`truth ${key}: ${discordance}: a number from ${least} to ${most} at these ${RATES[key]}`]
    : [];
}

const RATES: Readonly<Record<string, string>> = {
  discordance: "error rates",
  "accuracy-discordance": "accuracies",
};
