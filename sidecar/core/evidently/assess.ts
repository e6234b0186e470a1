import { brief } from "../words.ts";
import { allScores, type EvidentlyTest, type Scores, score } from "./scores.ts";
import { type Column, type Columns, distinctCount, sizeOf } from "./tables.ts";

/** References up to this size get tests with p-values, larger ones distances. */
const SMALL_MAX = 1_000;
/** A numeric column with at most so many different values is taken for categories. */
const FEW_MAX = 5;
const NO_SCORE = {
  psi: null,
  ks: null,
  js: null,
  wasserstein: null,
  chi2: null,
  hellinger: null,
  test: null,
  score: null,
  threshold: null,
} as const;

/** The share of drifted columns from which the dataset has drifted. */
const DATASET_SHARE = 0.5;

/** How a test's score is read: a p-value is low where a column drifted, a distance is high. */
const THRESHOLDS: Readonly<
  Record<
    EvidentlyTest,
    { readonly value: number; readonly drifted: "atMost" | "below" | "atLeast" }
  >
> = {
  ks: { value: 0.05, drifted: "atMost" },
  chisquare: { value: 0.05, drifted: "below" },
  z: { value: 0.05, drifted: "below" },
  wasserstein: { value: 0.1, drifted: "atLeast" },
  jensenshannon: { value: 0.1, drifted: "atLeast" },
  psi: { value: 0.1, drifted: "atLeast" },
  kl_div: { value: 0.1, drifted: "atLeast" },
  hellinger: { value: 0.1, drifted: "atLeast" },
};

/** What Evidently 0.7 says of one column. */
export type EvidentlyFeature = { readonly [Name in keyof Scores]: Scores[Name] | null } & {
  readonly name: string;
  readonly type: Column["type"];
  /** Values that are current. */
  readonly n: number;
  /** Null where the reference or what is current has no value: Evidently refuses such a column. */
  readonly test: EvidentlyTest | null;
  readonly score: number | null;
  readonly threshold: number | null;
  readonly drifted: boolean;
  readonly reasons: readonly string[];
};

/** What Evidently 0.7 says of all columns. */
export type EvidentlyDrift = {
  readonly features: readonly EvidentlyFeature[];
  readonly dataset: { readonly share: number; readonly drifted: boolean };
};

/** A column with its name. */
export type NamedColumns = Columns & { readonly name: string };

/**
 * Evidently 0.7's verdict on every column, by the test that it picks by default or the one given for a type, with its default thresholds; and on
 * the dataset, which drifted when at least half of the columns did. Says more than the samples can bear: the thresholds of distances ignore their
 * size, and the chi-square test the noise of the reference.
 */
export function assessAsEvidently(
  columns: readonly NamedColumns[],
  tests: Partial<Record<Column["type"], EvidentlyTest>> = {},
): EvidentlyDrift {
  const features = columns.map((column) => assessColumn(column, tests[column.reference.type]));
  const share = features.filter(({ drifted }) => drifted).length / Math.max(1, features.length);
  return { features, dataset: { share, drifted: features.length > 0 && share >= DATASET_SHARE } };
}

/** The test that Evidently 0.7 picks for a column. */
export function defaultTest(columns: Columns): EvidentlyTest {
  const values = distinctCount(columns);
  const categories = columns.reference.type === "categorical" || values <= FEW_MAX;
  if (sizeOf(columns.reference) > SMALL_MAX) {
    return categories ? "jensenshannon" : "wasserstein";
  }
  if (!categories) {
    return "ks";
  }
  return values > 2 ? "chisquare" : "z";
}

function assessColumn(columns: NamedColumns, given?: EvidentlyTest): EvidentlyFeature {
  const { name, reference, current } = columns;
  const common = { name, type: reference.type, n: sizeOf(current) };
  const empty = [
    sizeOf(reference) === 0 ? "reference" : [],
    common.n === 0 ? "current" : [],
  ].flat();
  if (empty.length > 0) {
    const reasons = empty.map((side) => `no value in the ${side} data`);
    return { ...common, ...NO_SCORE, drifted: false, reasons };
  }
  const test = given ?? defaultTest(columns);
  const found = score(test, columns);
  const { value, drifted: when } = THRESHOLDS[test];
  const drifted = isDrift(found, value, when);
  const kind = when === "atLeast" ? "distance" : "p-value";
  const side = drifted === (when === "atLeast") ? "reaches" : "is below";
  const reasons = [`${test}: the ${kind} ${brief(found, 3)} ${side} ${value}`];
  return {
    ...common,
    ...allScores(columns),
    test,
    score: found,
    threshold: value,
    drifted,
    reasons,
  };
}

function isDrift(found: number, value: number, when: "atMost" | "below" | "atLeast"): boolean {
  switch (when) {
    case "atMost":
      return found <= value;
    case "below":
      return found < value;
    case "atLeast":
      return found >= value;
    default:
      return when satisfies never;
  }
}
