import { seeded } from "../simulate/random.ts";
import { autoThresholds, CHUNKS_MIN } from "./autoThreshold.ts";
import { addValue, type Binning, binningOf, startFeature } from "./binning.ts";
import type { ColumnSample } from "./columnSample.ts";
import { categoriesOf, numbersOf } from "./featureOf.ts";
import { buildMultivariate, type MultivariateProfile } from "./multivariate.ts";
import {
  type AutoThresholds,
  canonicalJson,
  type FeatureProfile,
  PROFILE_FORMAT,
  type ReferenceProfile,
} from "./profile.ts";
import { codeOf, codingsOf } from "./rowCodes.ts";
import type { RowSlots } from "./rowSlots.ts";

/** The reference's chunks whose unrest gives thresholds, and how many rows each has at least. */
const CHUNKS = 30;
const CHUNK_ROWS_MIN = 50;
/** Rows that the view on all features together is made from. */
const TOGETHER_ROWS = 4_096;

/** What the user says about a reference. */
export type ProfileWishes = {
  /** Types that are not to be guessed, by column. */
  readonly types: ReadonlyMap<string, FeatureProfile["type"]>;
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
  readonly wishes: ProfileWishes;
};

/** A feature's profile, and its sampled values in the order of their rows. */
type Sampled = { readonly feature: FeatureProfile; readonly values: readonly unknown[] };

/** The profile of what was read; `hashOf` is SHA-256 in hexadecimal. */
export function profileOf(read: ReadRows, hashOf: (text: string) => string): ReferenceProfile {
  const { rowBySlot, rows } = read.slots;
  const order = Int32Array.from(rowBySlot.keys()).sort(
    (a, b) => (rowBySlot[a] ?? 0) - (rowBySlot[b] ?? 0),
  );
  const sampled = read.samples.map((sample) => sampledFeature(sample, order, read));
  const multivariate = togetherOf(sampled, order.length, read.wishes.seed);
  const profile: Omit<ReferenceProfile, "hash"> = {
    format: PROFILE_FORMAT,
    rows,
    sampledRows: order.length,
    features: sampled.map(withThresholds),
    ...(multivariate === null ? {} : { multivariate }),
  };
  return { ...profile, hash: hashOf(canonicalJson(profile)) };
}

function sampledFeature(
  { name, sample }: ColumnSample,
  order: Int32Array,
  read: ReadRows,
): Sampled {
  const { slots, wishes } = read;
  const path = wishes.paths.get(name);
  const common = {
    name,
    ...(path === undefined ? {} : { path }),
    ...(wishes.predictions.has(name) ? { role: "prediction" as const } : {}),
    n: sample.n,
    missing: slots.rows - sample.n,
  };
  if (sample.type === "categorical") {
    const codes = order.map((slot) => sample.codes[slot] ?? -1);
    return {
      feature: { ...common, type: "categorical", ...categoriesOf(sample, codes) },
      values: Array.from(codes, (code) => (code < 0 ? null : sample.names[code])),
    };
  }
  const values = Float64Array.from(order, (slot) => sample.values[slot] ?? Number.NaN);
  const whole = order.length === slots.rows ? "all" : "some";
  return {
    feature: { ...common, type: "numeric", ...numbersOf(sample, values, whole) },
    values: Array.from(values),
  };
}

/** With limits from the reference's own chunks, where it is long enough for them. */
function withThresholds({ feature, values }: Sampled): FeatureProfile {
  const chunks = Math.min(CHUNKS, Math.floor(values.length / CHUNK_ROWS_MIN));
  if (chunks < CHUNKS_MIN) {
    return feature;
  }
  const binning = binningOf(feature);
  const thresholds: AutoThresholds = autoThresholds(
    feature,
    Array.from({ length: chunks }, (_, chunk) => {
      const [from, to] = [chunk, chunk + 1].map((at) => Math.floor((at * values.length) / chunks));
      return countsOf(binning, values.slice(from, to));
    }),
  );
  return { ...feature, autoThresholds: thresholds };
}

function countsOf(binning: Binning, values: readonly unknown[]): ReturnType<typeof startFeature> {
  const counts = startFeature(binning.bins);
  for (const value of values) {
    addValue(counts, binning, value);
  }
  return counts;
}

/** The view on all features together, of rows chosen at random. */
function togetherOf(
  sampled: readonly Sampled[],
  rows: number,
  seed: number,
): MultivariateProfile | null {
  const random = seeded(seed);
  const order = Int32Array.from({ length: rows }, (_, row) => row);
  const chosen = Math.min(rows, TOGETHER_ROWS);
  for (let place = 0; place < chosen; place += 1) {
    const other = place + Math.floor(random.next() * (rows - place));
    [order[place], order[other]] = [order[other] ?? 0, order[place] ?? 0];
  }
  const features = sampled.map(({ feature }) => feature);
  const codings = codingsOf(features);
  const codes = Array.from(order.subarray(0, chosen), (row) =>
    codings.map(({ binning }, index) => codeOf(binning, sampled[index]?.values[row])),
  );
  return buildMultivariate(features, codes, seed);
}
