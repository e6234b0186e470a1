import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { startProblems } from "../../sidecar/core/drift/problemLog.ts";
import { BROKEN_ROWS_MAX, readCsv } from "../../sidecar/formats/csv.ts";
import { HEAD_BYTES } from "../../sidecar/formats/csvHead.ts";
import { ROW_BYTES_MAX } from "../../sidecar/formats/limits.ts";
import { hold, holdCsv, pieces } from "../support/tables.ts";

const asCell = (text: string): string =>
  /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
const cell = fc.string({ unit: fc.constantFrom("a", "1", ".", " ", '"', ",", "\n", "é", "😀") });

test("a table comes back from CSV whatever is in its cells and however the bytes are cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(cell, cell, cell), { maxLength: 20 }),
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom("\n", "\r\n"),
      async (rows, pieceBytes, newline) => {
        const lines = rows.map((cells) => `x,${cells.map(asCell).join(",")}`);
        const text = `x,a,b,c${newline}${lines.join(newline)}`;
        const held = await holdCsv(text, pieceBytes);
        const given = (index: number) => rows.map((cells) => cells[index]);
        const expected = { x: rows.map(() => "x"), a: given(0), b: given(1), c: given(2) };
        assert.deepEqual(held.columns, rows.length === 0 ? {} : expected);
        assert.deepEqual([...held.problems.counts], []);
      },
    ),
  );
});

test("cells are the same whether a quote elsewhere makes the reader look for quotes or not", async () => {
  const plainCell = fc.string({ unit: fc.constantFrom("a", "-", "1", "0", ".", " ", "e") });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(plainCell, { minLength: 1, maxLength: 5 }), { maxLength: 20 }),
      fc.constantFrom("\n", "\r\n"),
      async (rows, newline) => {
        const lines = rows.map((cells) => cells.join(",")).join(newline);
        const plain = await holdCsv(`a,b,c${newline}${lines}`);
        const quoted = await holdCsv(`a,b,"c"${newline}${lines}${newline}"",,`);
        for (const [name, values] of Object.entries(plain.columns)) {
          assert.deepEqual(quoted.columns[name]?.slice(0, -1), values);
        }
        assert.deepEqual(quoted.problems.listed, plain.problems.listed);
      },
    ),
  );
});

test("numbers are read from the bytes as Number reads them from a text", async () => {
  const number = fc.oneof(
    fc.double({ noNaN: true }).map(String),
    fc.tuple(fc.integer(), fc.nat(99_999)).map(([whole, part]) => `${whole}.${part}`),
    fc.stringMatching(/^-?\d{0,18}\.?\d{0,18}$/),
    fc.constantFrom("", "NaN", "null", "inf", "-Infinity", "0x10", "1e5", " 7 ", "1,5", "ten"),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(number), async (texts) => {
      const csv = `other,n\n${texts.map((text) => `,${asCell(text)}`).join("\n")}`;
      for await (const batch of readCsv([Buffer.from(csv)], { problems: startProblems() })) {
        const { values, odd } = await batch.readNumbers(1);
        const decimal = /^\s*-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/;
        const wanted = texts.map((text) => (decimal.test(text) ? Number(text) : Number.NaN));
        const infinite = new Map([
          ["inf", Number.POSITIVE_INFINITY],
          ["Infinity", Number.POSITIVE_INFINITY],
          ["-Infinity", Number.NEGATIVE_INFINITY],
        ]);
        assert.deepEqual(
          [...values],
          texts.map((text, index) => infinite.get(text) ?? wanted[index]),
        );
        assert.deepEqual(
          odd.map(({ index }) => index),
          [...values.keys()].filter((index) => Number.isNaN(values[index])),
        );
      }
    }),
  );
});

test("numbers are the same whether their column was read as numbers before or not", async () => {
  const number = fc.stringMatching(/^-?\d{0,9}\.?\d{0,9}( |e1|)$/);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(number, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 1, max: 60 }),
      fc.tuple(fc.constantFrom(",", ";", "1", ".", "-"), fc.constantFrom("\n", "\r\n")),
      async (rows, pieceBytes, [delimiter, newline]) => {
        const lines = rows.map((cells) => cells.join(delimiter)).join(newline);
        // After a head, from which marks are guessed, the rows come in pieces.
        const head = `a${delimiter}b${delimiter}c${newline}`.padStart(HEAD_BYTES, newline);
        const text = [Buffer.from(head), ...pieces(lines, pieceBytes)];
        const found = {
          apart: await numbersIn(text, delimiter),
          whole: await numbersIn([Buffer.concat(text)], delimiter),
        };
        assert.deepEqual(found.apart, found.whole);
      },
    ),
  );
});

/** All columns' numbers, and what stands where there is none. */
async function numbersIn(source: readonly Buffer[], delimiter: string): Promise<unknown[][]> {
  const found: unknown[][] = [[], [], []];
  for await (const batch of readCsv(source, { problems: startProblems(), delimiter })) {
    for (const [column, list] of found.entries()) {
      const { values, odd } = await batch.readNumbers(column);
      const byIndex = new Map(odd.map(({ index, value }) => [index, value]));
      list.push(...Array.from(values, (value, index) => byIndex.get(index) ?? value));
    }
  }
  return found;
}

const odd: readonly {
  name: string;
  text: string | Buffer;
  columns: Record<string, (string | undefined)[]>;
  rows?: number[];
  problems: string[];
}[] = [
  { name: "an empty file has no columns", text: "", columns: {}, problems: [] },
  { name: "a header alone has no rows", text: "a,b\n", columns: {}, problems: [] },
  {
    name: "a byte order mark is no part of the first name",
    text: "\u{feff}a,b\n1,2",
    columns: { a: ["1"], b: ["2"] },
    problems: [],
  },
  {
    name: "rows end with any line break",
    text: "a;b\r1;2\r3;4",
    columns: { a: ["1", "3"], b: ["2", "4"] },
    problems: [],
  },
  {
    name: "a row that is too short or too long is told, and its other cells count",
    text: "a\tb\n1\n2\t3\n4\t5\t6\n",
    columns: { a: ["1", "2", "4"], b: [undefined, "3", "5"] },
    problems: ["raggedRow: row 1", "raggedRow: row 3"],
  },
  {
    name: "blank lines are no rows",
    text: "\n\na,b\n\n1,2\n\r\n3,4\n\n",
    columns: { a: ["1", "3"], b: ["2", "4"] },
    problems: [],
  },
  {
    name: "in a single column a blank line is a row without a value",
    text: "a\n1\n\n2\n",
    columns: { a: ["1", "", "2"] },
    problems: [],
  },
  {
    name: "names that are empty or taken get others",
    text: "a,,a\n1,2,3\n",
    columns: { a: ["1"], "column 2": ["2"], "a (3)": ["3"] },
    problems: ['unnamedColumn: column "column 2"', 'unnamedColumn: column "a (3)"'],
  },
  {
    name: "bytes that are not UTF-8 are told with row and column",
    text: Buffer.from([...Buffer.from("a,b\nx,y\n1,"), 0xff, 0x32, 0x0a]),
    columns: { a: ["x", "1"], b: ["y", "\u{fffd}2"] },
    problems: ['badUtf8: row 2, column "b"'],
  },
  {
    name: "a quote that isn't doubled is told, and read",
    text: 'a,b\n1,"x"y"\n2,3\n',
    columns: { a: ["1", "2"], b: ['x"y', "3"] },
    problems: ["strayQuote: row 1"],
  },
  {
    name: "a quote that isn't closed loses its line alone",
    text: 'a,b\n1,2\n3,"4\n5,6\n',
    columns: { a: ["1", "5"], b: ["2", "6"] },
    rows: [1, 3],
    problems: ["endlessRow: row 2"],
  },
];

for (const { name, text, columns, rows, problems } of odd) {
  for (const pieceBytes of [1, 3, 1_000]) {
    test(`${name} (in pieces of ${pieceBytes})`, async () => {
      const held = await holdCsv(text, pieceBytes);
      assert.deepEqual(held.columns, columns);
      assert.deepEqual(
        held.problems.listed.map(({ kind, row, column }) =>
          [
            `${kind}:`,
            [row === null ? "" : `row ${row}`, column === null ? "" : `column "${column}"`]
              .filter((part) => part !== "")
              .join(", "),
          ].join(" "),
        ),
        problems,
      );
      assert.deepEqual(held.rows, rows ?? held.rows.map((_, index) => index + 1));
    });
  }
}

test("a cell of a megabyte is read, and a row beyond the limit is left out without the rest", async () => {
  const long = "x".repeat(1_000_000);
  const held = await holdCsv(`a,b\n1,${long}\n2,"${long}"\n`, 64 * 1024);
  assert.deepEqual(held.columns.b, [long, long]);
  const tooLong = "y".repeat(ROW_BYTES_MAX + 200_000);
  const cut = await holdCsv(`a,b\n1,2\n3,${tooLong}\n5,6\n`, 64 * 1024);
  assert.deepEqual(cut.columns.a, ["1", "5"]);
  assert.deepEqual(cut.rows, [1, 3]);
  assert.deepEqual([...cut.problems.counts], [["endlessRow", 1]]);
});

test("a file of open quotes is given up after a bounded number of rows", async () => {
  const broken = Array.from({ length: 3 * BROKEN_ROWS_MAX }, (_, row) => `${row},"x`);
  const held = await holdCsv(`a,b\n${broken.map((line) => `${line}\n`).join("")}`);
  assert(held.rows.length < 3 * BROKEN_ROWS_MAX);
  assert.equal(held.problems.counts.get("endlessRow"), BROKEN_ROWS_MAX);
});

test("UTF-16 and a file without a line break are refused with the reason", async () => {
  await assert.rejects(holdCsv(Buffer.from("\u{feff}a,b\n1,2\n", "utf16le")), /UTF-16/);
  const endless = pieces("x".repeat(ROW_BYTES_MAX + 1), 1_000_000);
  await assert.rejects(hold(readCsv(endless, { problems: startProblems() })), /no CSV/);
});
