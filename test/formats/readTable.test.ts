import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { parquetWriteBuffer } from "hyparquet-writer";
import { startProblems } from "../../sidecar/core/drift/problemLog.ts";
import { formatOf, readTable } from "../../sidecar/formats/readTable.ts";
import { hold, tableFile } from "../support/tables.ts";

const patients = fileURLToPath(
  new URL("../../examples/patient-risk/data/randhie.csv", import.meta.url),
);

test("the same data read from CSV, JSON lines and Parquet is the same", async (context) => {
  const row = fc.record({
    number: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0)),
    name: fc.stringMatching(/^[a-z é,"]{1,9}$/),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 30 }), async (rows) => {
      const quoted = rows.map(
        ({ number, name }) => `${number ?? ""},"${name.replaceAll('"', '""')}"`,
      );
      const csv = `number,name\n${quoted.join("\n")}\n`;
      const json = rows.map((cells) => JSON.stringify(cells)).join("\n");
      const parquet = parquetWriteBuffer({
        columnData: [
          { name: "number", data: rows.map(({ number }) => number), type: "DOUBLE" },
          { name: "name", data: rows.map(({ name }) => name), type: "STRING" },
        ],
        rowGroupSize: 7,
      });
      const files = [
        tableFile(context, "table.csv", csv),
        tableFile(context, "table.jsonl", json),
        tableFile(context, "table.parquet", new Uint8Array(parquet)),
      ];
      for (const file of files) {
        const problems = startProblems();
        const numbers: number[] = [];
        for await (const batch of readTable(file, { problems })) {
          numbers.push(...(await batch.readNumbers(0)).values);
        }
        const { columns } = await hold(readTable(file, { problems }));
        assert.deepEqual(
          numbers.map((number) => number + 0),
          rows.map(({ number }) => number ?? Number.NaN),
        );
        assert.deepEqual(
          columns.name,
          rows.map(({ name }) => name),
        );
        assert.deepEqual([...problems.counts], []);
      }
    }),
    { numRuns: 30 },
  );
});

test("the patients' records are read whole", async () => {
  const problems = startProblems();
  const { columns, rows } = await hold(readTable(patients, { problems }));
  assert.equal(rows.length, 20_190);
  assert.equal(Object.keys(columns).length, 11);
  assert.equal(columns.disea?.[0], "13.7319");
  assert.deepEqual([...problems.counts], []);
});

test("the format is the name's ending, else what the file looks like", async (context) => {
  const given = [
    ["a.csv", '{"a":1}', "csv"],
    ["a.ndjson", "a,b", "jsonl"],
    ["a.PARQUET", "", "parquet"],
    ["a", ' {"a":1}', "jsonl"],
    ["b", "PAR1....", "parquet"],
    ["c.data", "a,b\n", "csv"],
  ] as const;
  for (const [name, text, format] of given) {
    assert.equal(await formatOf(tableFile(context, name, text)), format, name);
  }
  await assert.rejects(formatOf("/no/such/table.csv"), { name: "TableError" });
});
