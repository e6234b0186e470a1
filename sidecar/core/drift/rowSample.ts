import { hashNumbers } from "./hash.ts";

/**
 * A uniform sample without replacement of rows seen one by one: those with the smallest priorities, which are hashes of the seed and the
 * row's number. Plain JSON.
 */
export type RowSample<Row> = {
  readonly seed: number;
  /** How many rows the sample may hold. */
  readonly rowsMax: number;
  /** Rows seen. */
  rows: number;
  /** The sample, and for a while some of those that will leave it: at most twice `rowsMax`. */
  kept: Candidate<Row>[];
  /** Rows from this priority on are not in the sample. */
  limit: number;
};

type Candidate<Row> = { readonly priority: number; readonly row: Row };

/** No row seen. */
export function startSample<Row>(given: Pick<RowSample<Row>, "seed" | "rowsMax">): RowSample<Row> {
  return { ...given, rows: 0, kept: [], limit: Number.MAX_SAFE_INTEGER };
}

/** Sees one more row, which is made only where it enters the sample: at most rowsMax (2 + ln(rows / rowsMax)) times or so. */
export function offerRow<Row>(sample: RowSample<Row>, make: () => Row): void {
  const priority = priorityOf(sample.seed, sample.rows);
  sample.rows += 1;
  if (priority < sample.limit) {
    sample.kept.push({ priority, row: make() });
    if (sample.kept.length >= 2 * sample.rowsMax) {
      trim(sample);
    }
  }
}

/** The sampled rows, in the order of their priorities: every beginning of the list is itself a uniform sample. */
export function sampledRows<Row>(sample: RowSample<Row>): readonly Row[] {
  return ranked(sample).map(({ row }) => row);
}

function trim<Row>(sample: RowSample<Row>): void {
  sample.kept = ranked(sample);
  sample.limit = sample.kept[sample.rowsMax - 1]?.priority ?? sample.limit;
}

function ranked<Row>({ kept, limit, rowsMax }: RowSample<Row>): Candidate<Row>[] {
  return kept
    .filter(({ priority }) => priority <= limit)
    .sort((a, b) => a.priority - b.priority)
    .slice(0, rowsMax);
}

/** 53 bits, so that hardly any two of many millions are equal. */
function priorityOf(seed: number, index: number): number {
  return hashNumbers(seed, index) * 2 ** 21 + (hashNumbers(index, seed) >>> 11);
}
