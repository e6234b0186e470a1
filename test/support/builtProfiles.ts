import { createHash } from "node:crypto";
import { startProblems } from "../../sidecar/core/drift/problemLog.ts";
import type { ReferenceProfile } from "../../sidecar/core/drift/profile.ts";
import { addBatch, finishProfile, startProfile } from "../../sidecar/core/drift/profileBuilder.ts";
import type { ProfileWishes } from "../../sidecar/core/drift/profileOf.ts";
import { type Batch, numbersOf } from "../../sidecar/core/drift/table.ts";

/** Nothing named: the types are guessed, and every column is a feature. */
export const NO_WISHES: ProfileWishes = {
  types: new Map(),
  ignored: new Set(),
  predictions: new Set(),
  paths: new Map(),
  seed: 1,
};

/** The profile of columns in memory, which come in batches of so many rows. */
export async function profileOfColumns(
  columns: Readonly<Record<string, readonly unknown[]>>,
  wishes: Partial<ProfileWishes> = {},
  batchRows = 1_000,
): Promise<ReferenceProfile> {
  const builder = startProfile({ ...NO_WISHES, ...wishes }, startProblems());
  for (const batch of batchesOf(columns, batchRows)) {
    await addBatch(builder, batch);
  }
  return finishProfile(builder, (text) => createHash("sha256").update(text).digest("hex"));
}

/** Columns in memory as batches. */
export function batchesOf(
  columns: Readonly<Record<string, readonly unknown[]>>,
  batchRows: number,
): readonly Batch[] {
  const values = Object.values(columns);
  const rows = values[0]?.length ?? 0;
  return Array.from({ length: Math.ceil(rows / batchRows) }, (_, index) => {
    const from = index * batchRows;
    const cut = values.map((column) => column.slice(from, from + batchRows));
    return {
      columns: Object.keys(columns),
      firstRow: from + 1,
      rows: cut[0]?.length ?? 0,
      read: (column) => Promise.resolve(cut[column] ?? []),
      readNumbers: (column) => Promise.resolve(numbersOf(cut[column] ?? [])),
    };
  });
}
