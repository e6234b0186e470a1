import type { ProblemLog } from "../core/drift/problemLog.ts";
import {
  assessAsEvidently,
  type EvidentlyDrift,
  type EvidentlyFeature,
} from "../core/evidently/assess.ts";
import { pairedColumns } from "../core/evidently/columns.ts";
import { brief } from "../core/words.ts";
import { TableError } from "../formats/error.ts";
import { sampleFile, type TableWishes } from "./features.ts";
import { plain } from "./plain.ts";
import { isProfile } from "./reference.ts";
import { alignedTable } from "./table.ts";

/** What Evidently 0.7 says of two files; columns have the types that they have in the reference. Rejects for a profile, which has no values. */
export async function driftAsEvidently(
  { reference, current }: { readonly reference: string; readonly current: string },
  wishes: TableWishes,
  problems: ProblemLog,
): Promise<EvidentlyDrift> {
  if (await isProfile(reference)) {
    throw new TableError(`${reference}: a profile: --mode evidently needs the data itself`);
  }
  const from = await sampleFile(reference, wishes, problems);
  const types = new Map(from.samples.map(({ name, sample }) => [name, sample.type]));
  const to = await sampleFile(current, { ...wishes, types }, problems);
  return assessAsEvidently(pairedColumns(from, to));
}

/** The table for people, what drifted first. */
export function printEvidently({ features, dataset }: EvidentlyDrift): string {
  const sorted = [...features].sort((a, b) => Number(b.drifted) - Number(a.drifted));
  const drifted = features.filter((feature) => feature.drifted).length;
  const header = ["feature", "type", "n", "test", "score", "threshold", "drifted"];
  return [
    `${drifted} of ${features.length} features drifted, by Evidently's tests and thresholds`,
    ...alignedTable([header, ...sorted.map(cellsOf)], "llrlrrl").map(plain),
    dataset.drifted ? "The dataset has drifted." : "The dataset has not drifted.",
  ].join("\n");
}

function cellsOf({ name, type, n, test, ...found }: EvidentlyFeature): readonly string[] {
  const number = (value: number | null) => (value === null ? "–" : brief(value));
  const drifted = found.drifted ? "drifted" : "";
  return [
    name,
    type,
    String(n),
    test ?? "–",
    number(found.score),
    number(found.threshold),
    drifted,
  ];
}
