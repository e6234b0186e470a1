import { CATEGORY_LENGTH_MAX } from "./profile.ts";
import type { Kept } from "./rowSlots.ts";
import { totalsOf } from "./totals.ts";

/** A measured feature of the reference while it is read. */
export type NumericSample = {
  readonly type: "numeric";
  /** By slot; NaN where the row has no usable value. */
  values: Float64Array;
  /** Of all rows: usable values, those that are finite, their mean, and the sum of their squared distances from it. */
  n: number;
  finite: number;
  mean: number;
  squares: number;
  min: number;
  max: number;
};

/** A feature with names for values while it is read. */
export type CategoricalSample = {
  readonly type: "categorical";
  /** By slot, which of `names` the row has; -1 for none. */
  codes: Int32Array;
  readonly names: string[];
  readonly codeByName: Map<string, number>;
  n: number;
};

/** A feature while it is read. */
export type ColumnSample = {
  readonly name: string;
  /** Its index among the table's columns. */
  readonly column: number;
  readonly sample: NumericSample | CategoricalSample;
};

/** All texts that are too long for a category, or too many, are this one, which no file can have. */
const OTHER_NAME = "";
/** Names that a column may have besides; with 256 characters each the bound on its memory. */
const NAMES_MAX = 65_536;

/** No row read. */
export function startNumeric(): NumericSample {
  return {
    type: "numeric",
    values: new Float64Array(0),
    ...{ n: 0, finite: 0, mean: 0, squares: 0 },
    min: Number.POSITIVE_INFINITY,
    max: Number.NEGATIVE_INFINITY,
  };
}

/** No row read. */
export function startCategorical(): CategoricalSample {
  return {
    type: "categorical",
    codes: new Int32Array(0),
    names: [OTHER_NAME],
    codeByName: new Map([[OTHER_NAME, 0]]),
    n: 0,
  };
}

/** Adds the next rows' numbers, NaN for none; `kept` says which enter the sample. */
export function addNumbers(sample: NumericSample, numbers: Float64Array, kept: Kept): void {
  sample.values = grown(sample.values, kept, (length) => new Float64Array(length));
  const { values } = sample;
  for (let index = 0; index < kept.rows.length; index += 1) {
    values[kept.slots[index] ?? 0] = numbers[kept.rows[index] ?? 0] ?? Number.NaN;
  }
  addMoments(sample, numbers);
}

/** Mean and squares of the batch, joined with those before (Chan, Golub and LeVeque, 1979): no division for every value. */
function addMoments(sample: NumericSample, numbers: Float64Array): void {
  const { n, finite, sum, min, max } = totalsOf(numbers, { ...sample, sum: 0 });
  sample.n += n;
  if (finite === 0) {
    return;
  }
  const mean = sum / finite;
  const all = sample.finite + finite;
  const distance = mean - sample.mean;
  sample.squares +=
    squaresOf(numbers, mean) + distance * distance * ((sample.finite * finite) / all);
  sample.mean += distance * (finite / all);
  sample.finite = all;
  Object.assign(sample, { min, max });
}

/** The sum of the finite numbers' squared distances from their mean. */
function squaresOf(numbers: Float64Array, mean: number): number {
  let squares = 0;
  for (let index = 0; index < numbers.length; index += 1) {
    const number = numbers[index] ?? Number.NaN;
    if (Number.isFinite(number)) {
      squares += (number - mean) * (number - mean);
    }
  }
  return squares;
}

/** Adds the next rows' categories, null for none; `kept` says which enter the sample. */
export function addCategories(
  sample: CategoricalSample,
  categories: ArrayLike<string | null>,
  kept: Kept,
): void {
  sample.codes = grown(sample.codes, kept, (length) => new Int32Array(length));
  for (let index = 0; index < kept.rows.length; index += 1) {
    const category = categories[kept.rows[index] ?? 0] ?? null;
    sample.codes[kept.slots[index] ?? 0] = category === null ? -1 : codeOf(sample, category);
  }
  for (let index = 0; index < categories.length; index += 1) {
    sample.n += categories[index] === null ? 0 : 1;
  }
}

function codeOf(sample: CategoricalSample, category: string): number {
  const known = sample.codeByName.get(category);
  if (known !== undefined) {
    return known;
  }
  const { names, codeByName } = sample;
  if (category.length > CATEGORY_LENGTH_MAX || names.length > NAMES_MAX) {
    return 0;
  }
  // A copy: a text that is cut from a larger one may keep all of that in memory.
  const name = `${category} `.slice(0, -1);
  codeByName.set(name, names.length);
  names.push(name);
  return names.length - 1;
}

/** The same list with room for the slots. */
function grown<List extends Float64Array | Int32Array>(
  list: List,
  { slotsUsed }: Kept,
  make: (length: number) => List,
): List {
  if (slotsUsed <= list.length) {
    return list;
  }
  const longer = make(Math.max(slotsUsed, 2 * list.length));
  longer.set(list);
  return longer;
}
