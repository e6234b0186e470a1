import { addValue, type Binning, binningOf } from "./binning.ts";
import { categoriesIn, numbersIn } from "./columnValues.ts";
import {
  type Multivariate,
  type MultivariateWindow,
  multivariateOf,
  startMultivariate,
} from "./multivariate.ts";
import type { ProblemLog } from "./problemLog.ts";
import type { ReferenceProfile } from "./profile.ts";
import { codeOf, MISSING } from "./rowCodes.ts";
import { offerRow } from "./rowSample.ts";
import type { Batch } from "./table.ts";
import { startCounts, UNSEEN_MAX, type WindowCounts } from "./window.ts";

/** A window on its way: what is counted of each feature, and rows that stand for all features together. */
export type WindowBuilder = {
  readonly counts: WindowCounts;
  readonly binnings: readonly Binning[];
  readonly together: {
    readonly multivariate: Multivariate;
    readonly window: MultivariateWindow;
  } | null;
  readonly ignored: ReadonlySet<string>;
  readonly problems: ProblemLog;
};

/** No row counted. Columns that are `ignored` are no features, and not unseen. */
export function startWindow(
  profile: ReferenceProfile,
  given: {
    readonly ignored: ReadonlySet<string>;
    readonly problems: ProblemLog;
    readonly seed: number;
  },
): WindowBuilder {
  const binnings = profile.features.map(binningOf);
  const multivariate =
    profile.multivariate === undefined
      ? null
      : multivariateOf(profile.features, profile.multivariate);
  return {
    ...given,
    binnings,
    counts: startCounts(profile, binnings),
    together:
      multivariate === null
        ? null
        : { multivariate, window: startMultivariate(multivariate, given.seed) },
  };
}

/** Counts the rows of a batch, all of them. */
export async function countBatch(builder: WindowBuilder, batch: Batch): Promise<void> {
  const { binnings, counts, problems } = builder;
  counts.rows += batch.rows;
  noteUnseen(builder, batch);
  const sampled = sampleRows(builder, batch.rows);
  for (const [index, binning] of binnings.entries()) {
    const column = batch.columns.indexOf(binning.name);
    const feature = counts.features[index];
    if (feature === undefined) {
      continue;
    }
    if (column < 0) {
      feature.missing += batch.rows;
      continue;
    }
    const at = { batch, column, problems };
    const values = binning.type === "numeric" ? await numbersIn(at) : await categoriesIn(at);
    for (let row = 0; row < batch.rows; row += 1) {
      addValue(feature, binning, values[row]);
    }
    for (const { row, codes } of sampled) {
      codes[index] = codeOf(binning, values[row]);
    }
  }
}

/** The batch's rows that enter the sample, whose codes are still to be found. */
function sampleRows(
  { together, binnings }: WindowBuilder,
  rows: number,
): readonly { readonly row: number; readonly codes: number[] }[] {
  const sampled: { readonly row: number; readonly codes: number[] }[] = [];
  for (let row = 0; row < rows && together !== null; row += 1) {
    offerRow(together.window, () => {
      const codes = new Array<number>(binnings.length).fill(MISSING);
      sampled.push({ row, codes });
      return codes;
    });
  }
  return sampled;
}

function noteUnseen({ binnings, counts, ignored }: WindowBuilder, batch: Batch): void {
  for (const name of batch.columns) {
    const isKnown = ignored.has(name) || binnings.some((binning) => binning.name === name);
    const seen = Object.hasOwn(counts.unseen, name) ? counts.unseen[name] : undefined;
    if (!isKnown && (seen !== undefined || Object.keys(counts.unseen).length < UNSEEN_MAX)) {
      counts.unseen[name] = (seen ?? 0) + batch.rows;
    }
  }
}
