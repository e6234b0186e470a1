import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type ProblemLog, startProblems } from "../../sidecar/core/drift/problemLog.ts";
import type { Batch } from "../../sidecar/core/drift/table.ts";
import { readCsv } from "../../sidecar/formats/csv.ts";

/** A table in memory: its columns by name, each with a value for every row, and the number of every row. */
export type Held = {
  readonly columns: Readonly<Record<string, readonly unknown[]>>;
  readonly rows: readonly number[];
};

/** All of a table. */
export async function hold(table: AsyncIterable<Batch>): Promise<Held> {
  const columns = new Map<string, unknown[]>();
  const rows: number[] = [];
  for await (const batch of table) {
    for (const [index, name] of batch.columns.entries()) {
      const before = columns.get(name) ?? new Array<undefined>(rows.length).fill(undefined);
      columns.set(name, [...before, ...Array.from(await batch.read(index))]);
    }
    rows.push(...Array.from({ length: batch.rows }, (_, index) => batch.firstRow + index));
  }
  return { columns: Object.fromEntries(columns), rows };
}

/** A CSV given as text or bytes, in pieces of so many bytes, and what was wrong with it. */
export async function holdCsv(
  text: string | Buffer,
  pieceBytes: number = Number.MAX_SAFE_INTEGER,
): Promise<Held & { readonly problems: ProblemLog }> {
  const problems = startProblems();
  return { ...(await hold(readCsv(pieces(text, pieceBytes), { problems }))), problems };
}

/** Bytes in pieces of one size. */
export function pieces(text: string | Buffer, pieceBytes: number): readonly Buffer[] {
  const bytes = Buffer.from(text);
  return Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, index) =>
    bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes),
  );
}

/** A file in a folder of the test's own. */
export function tableFile(context: TestContext, name: string, text: string | Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), "understudy-table-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
