import { addValue, type Binning, binningOf, type FeatureCounts, MISSING } from "./binning.ts";
import { type ColumnAt, categoriesIn, numbersIn } from "./columnValues.ts";
import { countNumbers } from "./countNumbers.ts";
import {
  type Multivariate,
  type MultivariateWindow,
  multivariateOf,
  startMultivariate,
} from "./multivariate.ts";
import type { ProblemLog } from "./problemLog.ts";
import type { ReferenceProfile } from "./profile.ts";
import { addRichBatch, type Rich, type RichWindow, richOf, startRichWindow } from "./richWindow.ts";
import { codeOf } from "./rowCodes.ts";
import { offerRow } from "./rowSample.ts";
import type { Batch } from "./table.ts";
import { countUnseen, startCounts, type WindowCounts } from "./window.ts";

/** A window on its way: what is counted of each feature, and rows that stand for all features together. */
export type WindowBuilder = {
  readonly counts: WindowCounts;
  readonly binnings: readonly Binning[];
  readonly together: {
    readonly multivariate: Multivariate;
    readonly window: MultivariateWindow;
  } | null;
  readonly rich: Rich;
  readonly richWindow: RichWindow;
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
  const rich = richOf(profile);
  return {
    ...given,
    binnings,
    rich,
    richWindow: startRichWindow(rich, given.seed),
    counts: startCounts(profile, binnings),
    together:
      multivariate === null
        ? null
        : { multivariate, window: startMultivariate(multivariate, given.seed) },
  };
}

/** Counts the rows of a batch, all of them. */
export async function countBatch(builder: WindowBuilder, given: Batch): Promise<void> {
  const { binnings, counts, problems, rich, richWindow } = builder;
  counts.rows += given.rows;
  noteUnseen(builder, given);
  const batch = await addRichBatch(rich, richWindow, given);
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
    const values = await countColumn(feature, binning, { batch, column, problems });
    for (const { row, codes } of sampled) {
      codes[index] = codeOf(binning, values[row]);
    }
  }
}

/** Counts a column, and returns what was counted. */
async function countColumn(
  feature: FeatureCounts,
  binning: Binning,
  at: ColumnAt,
): Promise<ArrayLike<unknown>> {
  if (binning.type === "numeric") {
    const numbers = await numbersIn(at);
    countNumbers(feature, binning.edges, numbers);
    return numbers;
  }
  const categories = await categoriesIn(at);
  for (const category of categories) {
    addValue(feature, binning, category);
  }
  return categories;
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

function noteUnseen({ binnings, counts, rich, ignored }: WindowBuilder, batch: Batch): void {
  const known = new Set([
    ...ignored,
    ...binnings.map(({ name }) => name),
    ...rich.texts.map(({ name }) => name),
    ...rich.embeddings.map(({ profile }) => profile.name),
  ]);
  countUnseen(
    counts,
    batch.columns.filter((name) => !known.has(name)),
    batch.rows,
  );
}
