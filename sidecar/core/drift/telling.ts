import { MISSING } from "./binning.ts";
import type { TellingBucket } from "./domainClassifier.ts";
import { justBelow } from "./profile.ts";
import type { FeatureCoding, RowCodes } from "./rowCodes.ts";
import { double, groupOf, type Pair, single } from "./rowTokens.ts";

/** At most so many are told. */
const TOLD_MAX = 5;

/** Something that is more, or less, frequent in a window than in the reference. */
export type Telling = {
  /** As "age > 61.5", or "age > 61.5 and sex = f". */
  readonly what: string;
  readonly referenceShare: number;
  readonly currentShare: number;
};

type Known = {
  readonly codings: readonly FeatureCoding[];
  readonly pairs: readonly Pair[];
  readonly profile: { readonly sample: readonly RowCodes[] };
};

/** One feature's group, or those of two. */
type Condition = readonly {
  readonly feature: number;
  readonly group: number;
  readonly of: "fine" | "coarse";
}[];

/** What the strongest buckets stand for, in words. Of those that share a bucket, the one whose share differs most. */
export function tellingRows(
  { codings, pairs, profile }: Known,
  rows: readonly RowCodes[],
  buckets: readonly TellingBucket[],
): readonly Telling[] {
  const wanted = new Set(buckets.map(({ bucket }) => bucket));
  const conditions = conditionsOf(codings, pairs).filter(({ bucket }) => wanted.has(bucket));
  const told = conditions.map(({ bucket, condition }) => {
    const share = (of: readonly RowCodes[]) =>
      of.filter((codes) => holds(codings, condition, codes)).length / of.length;
    return {
      bucket,
      what: condition.map((part) => wordsOf(codings, part)).join(" and "),
      referenceShare: share(profile.sample),
      currentShare: share(rows),
    };
  });
  return buckets
    .slice(0, TOLD_MAX)
    .flatMap(({ bucket }) =>
      told
        .filter((each) => each.bucket === bucket)
        .sort(byDifference)
        .slice(0, 1),
    )
    .map(({ bucket: _, ...telling }) => telling);
}

function byDifference(a: Telling, b: Telling): number {
  const difference = (of: Telling) => Math.abs(of.currentShare - of.referenceShare);
  return difference(b) - difference(a);
}

function conditionsOf(
  codings: readonly FeatureCoding[],
  pairs: readonly Pair[],
): readonly { readonly bucket: number; readonly condition: Condition }[] {
  const groups = (feature: number, of: "fine" | "coarse") => [
    ...new Set([MISSING, ...(codings[feature]?.[of] ?? [])]),
  ];
  const singles = codings.flatMap((_, feature) =>
    groups(feature, "fine").map((group) => ({
      bucket: single(feature, group),
      condition: [{ feature, group, of: "fine" as const }],
    })),
  );
  const doubles = pairs.flatMap((pair) =>
    groups(pair[0], "coarse").flatMap((one) =>
      groups(pair[1], "coarse").map((other) => ({
        bucket: double(pair, [one, other]),
        condition: [
          { feature: pair[0], group: one, of: "coarse" as const },
          { feature: pair[1], group: other, of: "coarse" as const },
        ],
      })),
    ),
  );
  return [...singles, ...doubles];
}

function holds(codings: readonly FeatureCoding[], condition: Condition, codes: RowCodes): boolean {
  return condition.every(
    ({ feature, group, of }) => groupOf(codings[feature]?.[of] ?? [], codes[feature]) === group,
  );
}

function wordsOf(
  codings: readonly FeatureCoding[],
  { feature, group, of }: Condition[number],
): string {
  const coding = codings[feature];
  if (coding === undefined) {
    return "";
  }
  const { name, categories, type } = coding.binning;
  const edges = coding.binning.edges.values;
  if (group === MISSING) {
    return `${name} missing`;
  }
  const [first, last] = [coding[of].indexOf(group), coding[of].lastIndexOf(group)];
  if (type !== "numeric") {
    const named = [...categories.keys()].slice(first, last + 1);
    return named.length === last + 1 - first && named.length === 1
      ? `${name} = ${named[0]}`
      : `${name} = another value`;
  }
  return numbersBetween(name, boundAt(edges, first - 1), boundAt(edges, last));
}

/** A number where bins part, which belongs to those above it, or to those below. */
type Bound = { readonly value: number; readonly belongsTo: "above" | "below" };

/** What an edge stands for: the one just below another parts that one from all that is less. Null outside of the edges. */
function boundAt(edges: Float64Array, index: number): Bound | null {
  const [edge, next] = [edges[index], edges[index + 1]];
  if (edge === undefined) {
    return null;
  }
  return next !== undefined && justBelow(next) === edge
    ? { value: next, belongsTo: "above" }
    : { value: edge, belongsTo: "below" };
}

function numbersBetween(name: string, from: Bound | null, to: Bound | null): string {
  const [least, most] = [shown(from, to), shown(to, from)];
  if (from !== null && from.value === to?.value) {
    return `${name} = ${least}`;
  }
  if (to === null) {
    return `${name} ${from?.belongsTo === "above" ? ">=" : ">"} ${least}`;
  }
  const begin = from === null ? "" : `${least} ${from.belongsTo === "above" ? "<=" : "<"} `;
  return `${begin}${name} ${to.belongsTo === "above" ? "<" : "<="} ${most}`;
}

/** In four digits, or in all where another bound has the same four. */
function shown(bound: Bound | null, other: Bound | null): string {
  const shortly = (value: number | undefined) => Number(value?.toPrecision(4));
  const isShort = shortly(bound?.value) !== shortly(other?.value);
  return String(isShort ? shortly(bound?.value) : bound?.value);
}
