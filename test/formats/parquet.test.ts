import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { type ColumnSource, parquetWriteBuffer } from "hyparquet-writer";
import { startProblems } from "../../sidecar/core/drift/problemLog.ts";
import { readParquet } from "../../sidecar/formats/parquet.ts";
import { hold, tableFile } from "../support/tables.ts";

const ROWS = 2_500;
const numbers = Array.from({ length: ROWS }, (_, row) => row / 7);
const names = Array.from({ length: ROWS }, (_, row) => (row % 10 === 0 ? null : `name ${row % 5}`));

function parquetBytes(columnData: ColumnSource[]): Uint8Array {
  return new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 1_000 }));
}

async function holdParquet(context: TestContext, bytes: Uint8Array) {
  const problems = startProblems();
  const path = tableFile(context, "table.parquet", bytes);
  return { ...(await hold(readParquet(path, problems))), problems };
}

test("every row group of a Parquet file is read, with its types", async (context) => {
  const days = numbers.map((_, row) => new Date(Date.UTC(2026, 0, 1 + (row % 30))));
  const whole = numbers.map((_, row) => BigInt(row));
  const held = await holdParquet(
    context,
    parquetBytes([
      { name: "number", data: numbers, type: "DOUBLE" },
      { name: "name", data: names, type: "STRING" },
      { name: "day", data: days, type: "TIMESTAMP" },
      { name: "whole", data: whole, type: "INT64" },
      { name: "flag", data: numbers.map((_, row) => row % 2 === 0), type: "BOOLEAN" },
    ]),
  );
  assert.deepEqual(held.columns.number, numbers);
  assert.deepEqual(
    held.columns.name?.map((value) => value ?? null),
    names,
  );
  assert.deepEqual(held.columns.day?.slice(0, 2), [
    "2026-01-01T00:00:00.000Z",
    "2026-01-02T00:00:00.000Z",
  ]);
  assert.deepEqual(held.columns.whole, whole.map(Number));
  assert.deepEqual(held.columns.flag?.slice(0, 2), [true, false]);
  assert.deepEqual(held.rows.slice(-1), [ROWS]);
  assert.deepEqual([...held.problems.counts], []);
});

test("a column of a row group that is broken is missing there, and the rest is read", async (context) => {
  const bytes = parquetBytes([
    { name: "number", data: numbers, type: "DOUBLE" },
    { name: "name", data: names, type: "STRING" },
  ]);
  bytes.fill(0xff, 4, 2_000);
  const held = await holdParquet(context, bytes);
  assert.equal(held.columns.number?.[0], undefined);
  assert.deepEqual(held.columns.number?.slice(1_000), numbers.slice(1_000));
  assert.equal(held.columns.name?.[1], "name 1");
  const [problem] = held.problems.listed;
  assert.deepEqual([problem?.kind, problem?.row, problem?.column], ["brokenColumn", 1, "number"]);
});

for (const [name, spoil] of Object.entries({
  "an empty file": () => new Uint8Array(),
  "a text": () => Buffer.from("a,b\n1,2\n"),
  "a file without its end": (bytes: Uint8Array) => bytes.slice(0, -100),
  "a file whose description is noise": (bytes: Uint8Array) => bytes.fill(0xa5, -60, -8),
})) {
  test(`${name} is refused as no whole Parquet file`, async (context) => {
    const bytes = parquetBytes([{ name: "number", data: numbers, type: "DOUBLE" }]);
    await assert.rejects(holdParquet(context, spoil(bytes)), { name: "TableError" });
  });
}

test("bytes changed anywhere end in values, problems or a refusal, never in anything else", async (context) => {
  const bytes = parquetBytes([
    { name: "number", data: numbers.slice(0, 50), type: "DOUBLE" },
    { name: "name", data: names.slice(0, 50), type: "STRING" },
  ]);
  const path = tableFile(context, "table.parquet", bytes);
  const whole = readFileSync(path);
  for (let at = 0; at < whole.length; at += 3) {
    const spoiled = Buffer.from(whole);
    spoiled[at] = (whole[at] ?? 0) ^ 0x5a;
    const held = await holdParquet(context, spoiled).catch((error: unknown) => error);
    assert.ok(!(held instanceof Error) || held.name === "TableError", `${at}: ${held}`);
  }
});
