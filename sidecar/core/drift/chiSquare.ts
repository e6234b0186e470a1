import { chiSquaredTail } from "../gamma.ts";
import { sum } from "./shares.ts";

/** A cell with fewer expected rows than this is too rare for the chi-squared approximation. */
const EXPECTED_MIN = 5;

/** Counts of the reference and of what is current over the same cells. */
export type Cells = { readonly reference: readonly number[]; readonly current: readonly number[] };

/** The cell, if any, that holds whatever the reference did not list. */
export type CellsWithOther = Cells & { readonly other: number | null };

/** Pearson's statistic, its degrees of freedom, and the chance of one as large though both are of one distribution. */
export type ChiSquare = {
  readonly statistic: number;
  readonly dof: number;
  readonly pValue: number;
};

/**
 * Test of homogeneity in the contingency table of both counts, so that the reference's own noise counts too. Cells without any row are left
 * out; null with fewer than two, or an empty side. "yates" moves each cell half a row towards its expectation where there is one degree of freedom.
 */
export function chiSquare(
  { reference, current }: Cells,
  correction: "yates" | "none" = "yates",
): ChiSquare | null {
  const used = reference.flatMap((count, cell) => {
    const pair = [count, current[cell] ?? 0] as const;
    return pair[0] + pair[1] > 0 ? [pair] : [];
  });
  const totals = [sum(reference), sum(current)] as const;
  if (used.length < 2 || totals[0] === 0 || totals[1] === 0) {
    return null;
  }
  const dof = used.length - 1;
  const all = totals[0] + totals[1];
  const moved = correction === "yates" && dof === 1 ? 0.5 : 0;
  const part = (count: number, expected: number): number => {
    const off = Math.abs(count - expected);
    return (off - Math.min(moved, off)) ** 2 / expected;
  };
  const statistic = sum(
    used.map(
      ([ref, cur]) =>
        part(ref, ((ref + cur) * totals[0]) / all) + part(cur, ((ref + cur) * totals[1]) / all),
    ),
  );
  return { statistic, dof, pValue: chiSquaredTail(statistic, dof) };
}

/**
 * The same counts with all rare cells joined into one, the last, and empty ones left out. Rare is a cell that is expected less than five times in
 * either side, were both of one distribution. The other values always join them: the reference has few of these by construction, as its own rare
 * values are listed, and held against the window's alone they would look like a change.
 */
export function joinRare({ reference, current, other }: CellsWithOther): Cells {
  const totals = [sum(reference), sum(current)] as const;
  const smaller = Math.min(...totals) / (totals[0] + totals[1]);
  const rare = reference.map(
    (count, cell) => cell === other || (count + (current[cell] ?? 0)) * smaller < EXPECTED_MIN,
  );
  const joined = (counts: readonly number[]): readonly number[] => [
    ...counts.filter((_, cell) => rare[cell] === false),
    sum(counts.filter((_, cell) => rare[cell] === true)),
  ];
  const cells = { reference: joined(reference), current: joined(current) };
  const empty = (cells.reference.at(-1) ?? 0) + (cells.current.at(-1) ?? 0) === 0;
  return empty
    ? { reference: cells.reference.slice(0, -1), current: cells.current.slice(0, -1) }
    : cells;
}
