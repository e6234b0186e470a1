import { brief, percent } from "../words.ts";
import type { Effects } from "./autoThreshold.ts";
import type { FeatureCounts } from "./binning.ts";
import type { FeatureProfile } from "./profile.ts";
import { PROBLEMS, WHAT } from "./value.ts";

/** Changes of shares smaller than this are not worth a sentence. */
const NOTABLE = 0.01;
/** So many unknown names are listed. */
const NAMES_SHOWN = 10;

const EFFECTS: Readonly<Record<keyof Effects, string>> = {
  psi: "PSI",
  ks: "the KS distance",
  js: "the Jensen-Shannon distance",
  wasserstein: "the Wasserstein distance in standard deviations",
};

/** Why an effect is an alarm: "PSI is 0.26, at least 0.1; without drift 300 rows show as much with a chance of 1.2e-8". */
export function alarmReason(
  name: keyof Effects,
  found: {
    readonly effect: number;
    readonly threshold: number;
    readonly rows: number;
    readonly pValue: number;
  },
): string {
  const chance = found.pValue < 1e-12 ? "below 1e-12" : `of ${brief(found.pValue, 3)}`;
  return `${EFFECTS[name]} is ${brief(found.effect, 3)}, at least ${brief(found.threshold, 3)}; without drift ${found.rows} rows show as much with a chance ${chance}`;
}

/** What is odd about a feature's window, and, where it was not judged for want of `rowsMin` rows, that. */
export function featureReasons(
  feature: FeatureProfile,
  counts: FeatureCounts,
  rowsMin: number | null,
): readonly string[] {
  const rows = counts.n + counts.missing;
  return [
    ...notJudged(feature, rows, rowsMin),
    ...missingReasons(feature, counts),
    ...(feature.type === "numeric" ? constantReasons(feature, counts) : []),
    ...(feature.type === "categorical" ? newReasons(feature, counts) : []),
    ...problemReasons(counts),
  ];
}

/** Names in the window that the reference lacks. */
export function unseenReasons(unseen: Readonly<Record<string, number>>): readonly string[] {
  const names = Object.keys(unseen);
  const shown = names.slice(0, NAMES_SHOWN).join(", ");
  const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : "";
  return names.length === 0 ? [] : [`not in the reference, so not judged: ${shown}${more}`];
}

function notJudged(
  feature: FeatureProfile,
  rows: number,
  rowsMin: number | null,
): readonly string[] {
  if (rowsMin === null) {
    return [];
  }
  if (feature.n + feature.missing === 0) {
    return ["not judged: the reference has no rows"];
  }
  return rows < rowsMin
    ? [`not judged: ${rows} rows, ${rowsMin} are needed`]
    : ["not judged: reference and window have one and the same single value"];
}

function missingReasons(feature: FeatureProfile, counts: FeatureCounts): readonly string[] {
  const rows = counts.n + counts.missing;
  if (rows > 0 && counts.n === 0) {
    return [`absent: none of ${rows} rows has a value`];
  }
  const [before, now] = [
    feature.missing / Math.max(1, feature.n + feature.missing),
    counts.missing / Math.max(1, rows),
  ];
  return rows > 0 && Math.abs(now - before) >= NOTABLE
    ? [`${percent(now, 2)} of rows have no value, ${percent(before, 2)} in the reference`]
    : [];
}

function constantReasons(
  feature: FeatureProfile & { readonly type: "numeric" },
  { n, bins }: FeatureCounts,
): readonly string[] {
  const constant = feature.n > 0 && feature.min === feature.max;
  const others = n - (bins[1] ?? 0);
  return constant && others > 0
    ? [`always ${feature.min} in the reference, ${percent(others / n, 2)} of values differ`]
    : [];
}

function newReasons(
  feature: FeatureProfile & { readonly type: "categorical" },
  { n, bins }: FeatureCounts,
): readonly string[] {
  const unlisted = bins.at(-1) ?? 0;
  return feature.other === 0 && unlisted > 0
    ? [`${percent(unlisted / n, 2)} of values are categories that the reference doesn't have`]
    : [];
}

function problemReasons({ problems }: FeatureCounts): readonly string[] {
  return PROBLEMS.flatMap((kind) => {
    const count = problems[kind] ?? 0;
    return count > 0 ? [`${count} ${count === 1 ? "value" : "values"}: ${WHAT[kind]}`] : [];
  });
}
