import { z } from "zod";
import { MISSING } from "../core/drift/binning.ts";
import { DIMENSIONS_MAX, FEATURES } from "../core/drift/kernelMean.ts";
import { MULTIVARIATE_ROWS_MIN, profileRowsMax } from "../core/drift/multivariate.ts";
import { CATEGORIES_MAX, PROFILE_FORMAT, type ReferenceProfile } from "../core/drift/profile.ts";
import { codingsOf } from "../core/drift/rowCodes.ts";
import { PATH_LENGTH_MAX } from "./rfcPath.ts";

/** Features that a plan's reference may have. */
export const FEATURES_MAX = 200;
const EDGES_MAX = 200;
const NAME_LENGTH_MAX = 256;

const counted = z.int().min(0);
const share = z.number().min(0);
const limit = z.number().nullable();
const common = {
  name: z.string().min(1).max(NAME_LENGTH_MAX),
  path: z.string().max(PATH_LENGTH_MAX).optional(),
  role: z.literal("prediction").optional(),
  text: z.string().optional(),
  n: counted,
  missing: counted,
  sampledMissing: counted,
  autoThresholds: z
    .object({
      chunkRows: counted,
      chunks: counted,
      psi: limit,
      ks: limit,
      js: limit,
      wasserstein: limit,
    })
    .optional(),
};
const edges = z.array(z.number()).max(EDGES_MAX).refine(isAscending);
const numeric = z
  .looseObject({
    ...common,
    type: z.literal("numeric"),
    mean: z.number(),
    std: share,
    min: z.number(),
    max: z.number(),
    edges,
    deciles: edges,
    counts: z.array(counted).max(EDGES_MAX + 1),
  })
  .refine((one) => one.counts.length === one.edges.length + 1)
  .refine((one) => one.deciles.every((decile) => one.edges.includes(decile)));
const categorical = z.looseObject({
  ...common,
  type: z.literal("categorical"),
  categories: z
    .array(z.object({ value: z.string(), count: counted }))
    .max(CATEGORIES_MAX)
    .refine((categories) => areUnique(categories.map(({ value }) => value))),
  other: counted,
});
const seed = z.int().min(0);
const multivariate = z.object({
  seed,
  kernel: z.object({
    seed,
    bandwidth: z.number().positive(),
    dimensions: z.int().min(1).max(DIMENSIONS_MAX),
  }),
  sums: z.object({
    n: z.int().min(MULTIVARIATE_ROWS_MIN),
    sum: z.array(z.number()).length(FEATURES),
    squares: share,
  }),
  spread: z.object({ traces: z.tuple([share, share, share]), squaresVariance: share }),
  sample: z.array(z.array(z.int().min(MISSING))),
});
const profile = z.looseObject({
  format: z.literal(PROFILE_FORMAT),
  rows: counted,
  sampledRows: counted,
  features: z
    .array(z.discriminatedUnion("type", [numeric, categorical]))
    .min(1)
    .max(FEATURES_MAX)
    .refine((features) => areUnique(features.map(({ name }) => name))),
  multivariate: multivariate.optional(),
  hash: z.string(),
});

/** Whether a value has the shape of a profile whose parts fit each other, so that a window can be counted and judged on it. */
export function isProfile(value: unknown): value is ReferenceProfile {
  return profile.safeParse(value).success && hasShape(value) && fitsTogether(value);
}

/** What the schema has found, as types. */
function hasShape(value: unknown): value is ReferenceProfile {
  return typeof value === "object" && value !== null;
}

/** Whether what is known of all features together is about these features, and is no more than such a profile has. */
function fitsTogether({ features, multivariate: together }: ReferenceProfile): boolean {
  if (together === undefined) {
    return true;
  }
  const codings = codingsOf(features);
  const last = codings.at(-1);
  const { kernel, sample } = together;
  return (
    last !== undefined &&
    kernel.dimensions === last.from + last.dimensions &&
    sample.length >= MULTIVARIATE_ROWS_MIN &&
    sample.length <= profileRowsMax(codings.length) &&
    sample.every(
      (codes) =>
        codes.length === codings.length &&
        codes.every((code, index) => code < (codings[index]?.binning.bins ?? 0)),
    )
  );
}

function isAscending(values: readonly number[]): boolean {
  return values.every((value, index) => index === 0 || value > (values[index - 1] ?? value));
}

function areUnique(texts: readonly string[]): boolean {
  return new Set(texts).size === texts.length;
}
