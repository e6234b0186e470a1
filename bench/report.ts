import type { Measurement } from "./options.ts";

/** Greatest value of each figure that the project holds itself to. */
export const LIMITS: Readonly<Record<Measurement, number>> = {
  split: 1.3,
  shadow: 1.4,
  primaryP99: 1.1,
  memory: 1.05,
  sidecar: 2.5,
  sidecarDrift: 1,
  largePair: 1.5,
  labels: 1,
  idle: 1,
  delivery: 1,
  drift: 2,
  istio: 1.2,
};

const WHAT: Readonly<Record<Measurement, string>> = {
  split: "CPU of Envoy per request: filter split / weighted_clusters",
  shadow:
    "CPU of Envoy per request: filter shadow 100 %, pairs delivered / request_mirror_policies",
  primaryP99: "user's p99 at a third of capacity: filter shadow / request_mirror_policies",
  memory: "resident memory of Envoy after 200,000 more shadowed requests / before",
  sidecar: "CPU per pair: sidecar's way of a pair / protobuf decode + JSON.parse of both bodies",
  sidecarDrift:
    "CPU that a pair costs more when 11 features of its 600-byte request are watched for drift, to the same floor",
  largePair:
    "as sidecar, of an equal pair of 100 kB, the worse of same bytes and of ignored differences",
  labels:
    "10,000,000 stored predictions: the worse of a label's join at p99 / 1 ms and the loop's longest stall / 50 ms",
  idle: "1,000 rollouts without requests: the worse of their memory / 150 MB and of their CPU / 5 % of a core",
  delivery:
    "from a change to the last proxy that has it: the worse p99 of 50 filters' streams and of 20 Envoys' by xDS / 100 ms",
  drift:
    "1,000,000 rows of CSV by 20 features: profile of one file and drift of another / reading every cell of both as a text",
  istio:
    "from a write of a weight until the gateway's Envoy has it, by istiod: the actuator's / curl's bare JSON patch",
};

/** One figure, and everything that it was made of. */
export type Result = {
  readonly measurement: Measurement;
  readonly ratio: number;
  /** One line of plain figures for the table. */
  readonly figures: string;
  /** Why the figure may not be what it says, if so; a sentence for people. */
  readonly doubt?: string | undefined;
  readonly raw: Readonly<Record<string, unknown>>;
};

/** What `--report` writes. */
export type Report = {
  readonly ratios: Readonly<Partial<Record<Measurement, number>>>;
  readonly raw: Readonly<Record<string, unknown>>;
};

/** The report of these results, with where and how they were measured. */
export function makeReport(
  results: readonly Result[],
  where: Readonly<Record<string, unknown>>,
): Report {
  return {
    ratios: Object.fromEntries(
      results.map(({ measurement, ratio }) => [measurement, rounded(ratio)]),
    ),
    raw: {
      ...where,
      limits: LIMITS,
      ...Object.fromEntries(
        results.map(({ measurement, raw, doubt }) => [measurement, { doubt, ...raw }]),
      ),
    },
  };
}

/** The figures whose limit is missed; a figure that is not a number misses it. */
export function missedLimits(results: readonly Result[]): Measurement[] {
  return results
    .filter(({ measurement, ratio }) => !(ratio <= LIMITS[measurement]))
    .map(({ measurement }) => measurement);
}

/** One sentence on all that was to be measured: what missed its limit, and what has no figure. */
export function verdict(asked: readonly Measurement[], results: readonly Result[]): string {
  const missed = missedLimits(results);
  const unmeasured = asked.filter((name) => !results.some((result) => result.measurement === name));
  const said = [
    ...(missed.length > 0 ? [`Limits missed: ${missed.join(", ")}.`] : []),
    ...(unmeasured.length > 0 ? [`Not measured: ${unmeasured.join(", ")}.`] : []),
  ];
  return said.length === 0 ? "Within all limits." : said.join(" ");
}

/** A table for people: one row for each figure with its limit, then what it is. */
export function formatTable(results: readonly Result[]): string {
  const missed = missedLimits(results);
  const rows = results.map(({ measurement, ratio, figures, doubt }) =>
    [
      measurement.padEnd(11),
      ratio.toFixed(3).padStart(7),
      `<= ${LIMITS[measurement].toFixed(2)}`.padStart(8),
      missed.includes(measurement) ? "  MISSED  " : "  ok      ",
      figures,
      `\n${" ".repeat(12)}${WHAT[measurement]}`,
      doubt === undefined ? "" : `\n${" ".repeat(12)}In doubt: ${doubt}`,
    ].join(""),
  );
  return [`${"".padEnd(11)}${"ratio".padStart(7)}${"limit".padStart(8)}`, ...rows].join("\n");
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
