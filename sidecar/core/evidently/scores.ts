import type { Cells } from "../drift/chiSquare.ts";
import { hellinger } from "../drift/hellinger.ts";
import { jensenShannon } from "../drift/jensenShannon.ts";
import { ksExactPValue, ksPValue, ksStatistic } from "../drift/ks.ts";
import { proportionsTest } from "../drift/proportions.ts";
import { sharesOf, sum } from "../drift/shares.ts";
import { wasserstein } from "../drift/wasserstein.ts";
import { chiSquaredTail } from "../gamma.ts";
import { byBinOrValue, byDistinctBin, byValue, type Columns } from "./tables.ts";

/** Evidently's names of the tests that this mode knows. */
export type EvidentlyTest =
  | "ks"
  | "chisquare"
  | "z"
  | "wasserstein"
  | "jensenshannon"
  | "psi"
  | "kl_div"
  | "hellinger";

/** From this size of either sample on scipy takes the asymptotic p-value. */
const EXACT_MAX = 10_000;
/** Where the reference hardly varies, Evidently divides by this instead of its standard deviation. */
const DEVIATION_MIN = 0.001;
const FILL = 1e-4;

/**
 * The score of a test as Evidently 0.7 computes it: a p-value (ks, chisquare, z) or a distance. Columns are not empty; `ks` and `wasserstein` take
 * numeric ones.
 */
export function score(test: EvidentlyTest, columns: Columns): number {
  switch (test) {
    case "ks":
      return kolmogorovSmirnov(columns);
    case "chisquare":
      return goodnessOfFit(byValue(columns)).pValue;
    case "z":
      return twoValues(byValue(columns));
    case "wasserstein":
      return normedWasserstein(columns);
    case "jensenshannon": {
      const { reference, current } = byBinOrValue(columns);
      return jensenShannon(reference, current, "natural");
    }
    case "psi":
      return filledPsi(byBinOrValue(columns));
    case "kl_div":
      return divergence(byBinOrValue(columns));
    case "hellinger": {
      const { reference, current } = byDistinctBin(columns);
      return hellinger(reference, current);
    }
    default:
      return test satisfies never;
  }
}

/** Everything but the default test that Evidently can say of columns that are not empty; null is what it can't say of such columns. */
export type Scores = {
  readonly psi: number;
  readonly ks: { readonly statistic: number; readonly pValue: number } | null;
  /** With natural logarithms. */
  readonly js: number;
  /** In standard deviations of the reference. */
  readonly wasserstein: number | null;
  /** Of categories; the statistic is null where it is infinite, as the reference lacks a value. */
  readonly chi2: {
    readonly statistic: number | null;
    readonly dof: number;
    readonly pValue: number;
  } | null;
  readonly hellinger: number;
};

/** The scores of all tests that fit the columns' type. */
export function allScores(columns: Columns): Scores {
  const numeric = columns.reference.type === "numeric";
  return {
    psi: score("psi", columns),
    ks: numeric
      ? {
          statistic: ksStatistic(numbers(columns.reference), numbers(columns.current)),
          pValue: score("ks", columns),
        }
      : null,
    js: score("jensenshannon", columns),
    wasserstein: numeric ? score("wasserstein", columns) : null,
    chi2: numeric ? null : goodnessOfFit(byValue(columns)),
    hellinger: score("hellinger", columns),
  };
}

function kolmogorovSmirnov(columns: Columns): number {
  const [reference, current] = [numbers(columns.reference), numbers(columns.current)];
  const sizes = { reference: reference.length, current: current.length };
  const exact = Math.max(sizes.reference, sizes.current) <= EXACT_MAX;
  const statistic = ksStatistic(reference, current);
  return exact ? ksExactPValue(statistic, sizes) : ksPValue(statistic, sizes);
}

/** Pearson's test of the current counts against the reference's shares, as if these were known exactly; 0 where the reference lacks a value. */
function goodnessOfFit({ reference, current }: Cells): NonNullable<Scores["chi2"]> {
  const scale = sum(current) / sum(reference);
  const statistic = sum(
    reference.map((count, cell) => ((current[cell] ?? 0) - count * scale) ** 2 / (count * scale)),
  );
  const dof = reference.length - 1;
  return Number.isFinite(statistic)
    ? { statistic, dof, pValue: dof > 0 ? chiSquaredTail(statistic, dof) : 1 }
    : { statistic: null, dof, pValue: 0 };
}

function twoValues({ reference, current }: Cells): number {
  const [from, to] = [reference[0] ?? 0, current[0] ?? 0];
  return proportionsTest({ n: sum(reference), k: from }, { n: sum(current), k: to }).pValue;
}

function normedWasserstein(columns: Columns): number {
  const [reference, current] = [numbers(columns.reference), numbers(columns.current)];
  const values = Array.from(reference);
  const mean = sum(values) / values.length;
  const variance = sum(values.map((value) => (value - mean) ** 2)) / values.length;
  return wasserstein(reference, current) / Math.max(Math.sqrt(variance), DEVIATION_MIN);
}

function filledPsi(cells: Cells): number {
  const [p, q] = [filled(cells.reference), filled(cells.current)];
  return sum(
    p.map((from, cell) => ((q[cell] ?? from) - from) * Math.log((q[cell] ?? from) / from)),
  );
}

/** Kullback and Leibler's divergence of the reference from what is current, natural, of filled shares that are scaled to 1 again. */
function divergence(cells: Cells): number {
  const [p, q] = [sharesOf(filled(cells.reference)), sharesOf(filled(cells.current))];
  return sum(p.map((from, cell) => from * Math.log(from / (q[cell] ?? from))));
}

/** Shares with 0.0001 in place of 0; a millionth of the smallest share above 0 where that is no larger than 0.0001. */
function filled(counts: readonly number[]): readonly number[] {
  const shares = sharesOf(counts);
  const least = Math.min(...shares.filter((share) => share > 0));
  const fill = least <= FILL ? least / 1e6 : FILL;
  return shares.map((share) => (share === 0 ? fill : share));
}

function numbers(column: Columns["reference"]): ArrayLike<number> {
  return column.type === "numeric" ? column.values : [];
}
