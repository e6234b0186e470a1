import { seeded } from "../simulate/random.ts";
import { autoThresholds, CHUNKS_MIN } from "./autoThreshold.ts";
import { addValue, type Binning, binningOf, MISSING, startFeature } from "./binning.ts";
import type { CategoricalSample, ColumnSample, NumericSample } from "./columnSample.ts";
import { countNumbers } from "./countNumbers.ts";
import { categoricalOf, numericOf } from "./featureOf.ts";
import { buildMultivariate } from "./multivariate.ts";
import {
  canonicalJson,
  type FeatureProfile,
  PROFILE_FORMAT,
  type ReferenceProfile,
} from "./profile.ts";
import { type RichSample, richProfiles } from "./richSample.ts";
import { codeOf } from "./rowCodes.ts";
import { type RowSlots, slotsInOrder } from "./rowSlots.ts";

/** The reference's chunks whose unrest gives thresholds, and how many rows each has at least. */
const CHUNKS = 30;
const CHUNK_ROWS_MIN = 50;
/** Rows that the view on all features together is made from. */
const TOGETHER_ROWS = 4_096;

/** What the user says about a reference. */
export type ProfileWishes = {
  /** Types that are not to be guessed, by column. */
  readonly types: ReadonlyMap<string, FeatureProfile["type"] | "text" | "embedding">;
  /** Columns that are no features. */
  readonly ignored: ReadonlySet<string>;
  /** Columns that hold what the model said. */
  readonly predictions: ReadonlySet<string>;
  /** JSONPaths by column, by which later documents have it. */
  readonly paths: ReadonlyMap<string, string>;
  /** Of the sample. */
  readonly seed: number;
};

/** All that was read. */
export type ReadRows = {
  readonly slots: RowSlots;
  readonly samples: readonly ColumnSample[];
  readonly rich: readonly RichSample[];
  readonly wishes: ProfileWishes;
};

/** A feature's profile, and the bins that some rows have on it. */
type Profiled = { readonly feature: FeatureProfile; readonly codes: readonly number[] };
type Values = Float64Array | readonly (string | null)[];

/** The profile of what was read; `hashOf` is SHA-256 in hexadecimal. */
export function profileOf(read: ReadRows, hashOf: (text: string) => string): ReferenceProfile {
  const { rows } = read.slots;
  const order = slotsInOrder(read.slots);
  const chosen = chooseRows(order.length, read.wishes.seed);
  const profiled = read.samples.map((sample) => profiledFeature(sample, order, { read, chosen }));
  const features = profiled.map(({ feature }) => feature);
  const multivariate = buildMultivariate(
    features,
    Array.from(chosen, (_, place) => profiled.map(({ codes }) => codes[place] ?? MISSING)),
    read.wishes.seed,
  );
  const {
    texts,
    embeddings,
    features: numbersOfTexts,
  } = richProfiles(read.rich, read.wishes.paths);
  const profile: Omit<ReferenceProfile, "hash"> = {
    format: PROFILE_FORMAT,
    rows,
    sampledRows: order.length,
    features: [...features, ...numbersOfTexts],
    ...(multivariate === null ? {} : { multivariate }),
    ...(texts.length === 0 ? {} : { texts }),
    ...(embeddings.length === 0 ? {} : { embeddings }),
  };
  return { ...profile, hash: hashOf(canonicalJson(profile)) };
}

/** Some rows in random order, each equally likely to be among them. */
function chooseRows(rows: number, seed: number): Int32Array {
  const random = seeded(seed);
  const order = new Int32Array(rows).map((_, row) => row);
  const chosen = Math.min(rows, TOGETHER_ROWS);
  for (let place = 0; place < chosen; place += 1) {
    const other = place + Math.floor(random.next() * (rows - place));
    [order[place], order[other]] = [order[other] ?? 0, order[place] ?? 0];
  }
  return order.slice(0, chosen);
}

/** One feature at a time, so that the values of one alone are in memory twice. */
function profiledFeature(
  { name, sample }: ColumnSample,
  order: Int32Array,
  { read, chosen }: { readonly read: ReadRows; readonly chosen: Int32Array },
): Profiled {
  const { slots, wishes } = read;
  const path = wishes.paths.get(name);
  const common = {
    name,
    ...(path === undefined ? {} : { path }),
    ...(wishes.predictions.has(name) ? { role: "prediction" as const } : {}),
    n: sample.n,
    missing: slots.rows - sample.n,
  };
  const whole = order.length === slots.rows ? "all" : "some";
  const { shape, values } = shapeOf(sample, order, whole);
  const feature: FeatureProfile = { ...common, ...shape };
  const binning = binningOf(feature);
  return {
    feature: withThresholds(feature, binning, values),
    codes: Array.from(chosen, (row) => codeOf(binning, values[row])),
  };
}

/** The sampled values, in the order of their rows, and what the profile says of them. */
function shapeOf(sample: ColumnSample["sample"], order: Int32Array, whole: "all" | "some") {
  if (sample.type === "numeric") {
    const values = numbersIn(sample, order);
    return { values, shape: { type: "numeric", ...numericOf(sample, values, whole) } } as const;
  }
  const codes = codesIn(sample, order);
  const values: Values = Array.from(codes, (code) =>
    code < 0 ? null : (sample.names[code] ?? null),
  );
  return { values, shape: { type: "categorical", ...categoricalOf(sample, codes) } } as const;
}

function numbersIn(sample: NumericSample, order: Int32Array): Float64Array {
  const values = new Float64Array(order.length);
  for (let row = 0; row < order.length; row += 1) {
    values[row] = sample.values[order[row] ?? 0] ?? Number.NaN;
  }
  return values;
}

function codesIn(sample: CategoricalSample, order: Int32Array): Int32Array {
  return order.map((slot) => sample.codes[slot] ?? -1);
}

/** With limits from the reference's own chunks, where it is long enough for them. */
function withThresholds(feature: FeatureProfile, binning: Binning, values: Values): FeatureProfile {
  const chunks = Math.min(CHUNKS, Math.floor(values.length / CHUNK_ROWS_MIN));
  if (chunks < CHUNKS_MIN) {
    return feature;
  }
  const counted = Array.from({ length: chunks }, (_, chunk) => {
    const counts = startFeature(binning.bins);
    const [from, to] = [chunk, chunk + 1].map((at) => Math.floor((at * values.length) / chunks));
    if (values instanceof Float64Array) {
      countNumbers(counts, binning.edges, values.subarray(from, to));
    } else {
      for (const value of values.slice(from, to)) {
        addValue(counts, binning, value);
      }
    }
    return counts;
  });
  return { ...feature, autoThresholds: autoThresholds(feature, counted) };
}
