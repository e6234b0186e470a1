import type { Drift, FeatureDrift } from "../core/drift/assess.ts";
import { byDrift } from "../core/drift/byDrift.ts";
import type { MultivariateDrift } from "../core/drift/multivariate.ts";
import type { ReferenceProfile } from "../core/drift/profile.ts";
import type { RichDrift } from "../core/drift/richWindow.ts";
import type { WindowBuilder } from "../core/drift/windowBuilder.ts";
import { chance, fixed } from "../report/markup.ts";
import { painted } from "./colour.ts";
import { plain } from "./plain.ts";
import { alignedTable } from "./table.ts";

const HEADER: readonly string[] = [
  ...["feature", "type", "n", "missing", "PSI", "by chance", "KS", "JS", "W1/std", "p"],
  "drifted",
];

/** All that was found. */
export type Found = {
  readonly profile: ReferenceProfile;
  readonly window: WindowBuilder;
  readonly drift: Drift;
  /** Null where there are too few rows or features. */
  readonly together: MultivariateDrift | null;
  /** Of each column of texts or vectors. */
  readonly rich: readonly RichDrift[];
};

/** The table for people: features that drifted first, then by PSI, each with its reasons below the table. */
export function printDrift(
  { profile, window, drift, together, rich }: Found,
  colours: boolean,
): string {
  const sorted = byDrift(drift.features);
  const lines = alignedTable([HEADER, ...sorted.map(cellsOf)], "llrrrrrrrrl");
  const drifted = drift.features.filter((feature) => feature.drifted);
  const reasons = [
    ...sorted.flatMap((feature) => feature.reasons.map((reason) => `${feature.name}: ${reason}`)),
    ...drift.dataset.reasons,
    ...(together?.reasons ?? []).map((reason) => `all features together: ${reason}`),
    ...rich.flatMap((column) => column.reasons.map((reason) => `${column.name}: ${reason}`)),
  ];
  const paint = (line: string, index: number) =>
    colours && sorted[index - 1]?.drifted === true ? painted(line, "red") : line;
  return [
    `${window.counts.rows} rows against ${profile.rows}: ${drifted.length} of ${drift.features.length} features drifted`,
    ...lines.map(plain).map(paint),
    ...reasons.map(plain),
    drift.dataset.drifted ? "The dataset has drifted." : "The dataset has not drifted.",
  ].join("\n");
}

function cellsOf(feature: FeatureDrift): readonly string[] {
  const { name, type, n, missing, psi, psiCritical, ks, js, wasserstein, pValue } = feature;
  return [
    name,
    type,
    String(n),
    String(missing),
    ...[psi, psiCritical, ks?.statistic, js, wasserstein].map(fixed),
    chance(pValue),
    feature.drifted ? "drifted" : "",
  ];
}
