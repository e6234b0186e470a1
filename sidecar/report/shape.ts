import type { FeatureCounts } from "../core/drift/binning.ts";
import type { FeatureProfile, NumericProfile } from "../core/drift/profile.ts";
import { brief } from "../core/words.ts";

/** Bars of equal width that a measured feature is drawn with. */
const BARS = 20;
/** Features with at most so many edges have a bar for each of their bins. */
const FEW_EDGES = 12;
/** Categories that are drawn; all others are one bar. */
const CATEGORIES_DRAWN = 12;

/** One bar of a drawing: the share of the reference's rows and of the current ones. */
export type Bar = { readonly label: string; readonly reference: number; readonly current: number };

/** The distributions of a feature, missing values last where there are any. */
export function barsOf(feature: FeatureProfile, counts: FeatureCounts): readonly Bar[] {
  const reference = binsOf(feature);
  const rows = {
    reference: Math.max(1, sum(reference) + feature.sampledMissing),
    current: Math.max(1, counts.n + counts.missing),
  };
  const both = { reference, current: counts.bins };
  const raw =
    feature.type === "categorical" ? categoryBars(feature, both) : numberBars(feature, both);
  const missing = { label: "missing", reference: feature.sampledMissing, current: counts.missing };
  const drawn = missing.reference + missing.current > 0 ? [...raw, missing] : raw;
  return drawn.map(({ label, ...of }) => ({
    label,
    reference: of.reference / rows.reference,
    current: of.current / rows.current,
  }));
}

type Both = { readonly reference: readonly number[]; readonly current: readonly number[] };

function binsOf(feature: FeatureProfile): readonly number[] {
  return feature.type === "numeric"
    ? feature.counts
    : [...feature.categories.map(({ count }) => count), feature.other];
}

function categoryBars(
  { categories }: Extract<FeatureProfile, { type: "categorical" }>,
  { reference, current }: Both,
): Bar[] {
  const drawn = Math.min(CATEGORIES_DRAWN, categories.length);
  const named = categories.slice(0, drawn).map(({ value }, bin) => ({
    label: value,
    reference: reference[bin] ?? 0,
    current: current[bin] ?? 0,
  }));
  const others = {
    label: "others",
    reference: sum(reference.slice(drawn)),
    current: sum(current.slice(drawn)),
  };
  return others.reference + others.current > 0 ? [...named, others] : named;
}

function numberBars({ edges, min }: NumericProfile, both: Both): Bar[] {
  if (edges.length <= FEW_EDGES) {
    const bars = both.reference.map((reference, bin) => ({
      label: binLabel(edges, bin, min),
      reference,
      current: both.current[bin] ?? 0,
    }));
    return bars.filter((bar) => bar.reference + bar.current > 0);
  }
  const [from = 0, to = 0] = [edges[0], edges.at(-1)];
  const borders = Array.from(
    { length: BARS + 1 },
    (_, border) => from + ((to - from) * border) / BARS,
  );
  const [reference, current] = [
    respread(both.reference, edges, borders),
    respread(both.current, edges, borders),
  ];
  return reference.map((count, bar) => ({
    label: binLabel(borders, bar, min),
    reference: count,
    current: current[bar] ?? 0,
  }));
}

/** The counts of bins of equal mass as counts of bins of equal width, as if values lay evenly in each; the open bins stay as they are. */
function respread(
  counts: readonly number[],
  edges: readonly number[],
  borders: readonly number[],
): number[] {
  const spread = new Array<number>(borders.length + 1).fill(0);
  spread[0] = counts[0] ?? 0;
  spread[borders.length] = counts.at(-1) ?? 0;
  for (let bin = 1; bin < edges.length; bin += 1) {
    const [left = 0, right = 0] = [edges[bin - 1], edges[bin]];
    for (let bar = 1; bar < borders.length; bar += 1) {
      const overlap = Math.min(right, borders[bar] ?? 0) - Math.max(left, borders[bar - 1] ?? 0);
      const share = overlap > 0 ? overlap / (right - left) : 0;
      spread[bar] = (spread[bar] ?? 0) + (counts[bin] ?? 0) * share;
    }
  }
  return spread;
}

/** The first edge is just below the least value where many rows have that: then the value itself is the border for people. */
function binLabel(edges: readonly number[], bin: number, min: number): string {
  const [left, right] = [edges[bin - 1], edges[bin]].map((edge, at) =>
    edge !== undefined && bin + at <= 1 && edge < min ? min : edge,
  );
  if (left === undefined) {
    return right === undefined ? "all" : `${right === min ? "below" : "up to"} ${brief(right)}`;
  }
  if (left === right) {
    return brief(left);
  }
  return right === undefined ? `above ${brief(left)}` : `${brief(left)} to ${brief(right)}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
