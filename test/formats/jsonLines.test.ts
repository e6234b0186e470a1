import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { startProblems } from "../../sidecar/core/drift/problemLog.ts";
import { readJsonLines } from "../../sidecar/formats/jsonLines.ts";
import { compilePath } from "../../sidecar/formats/jsonPath.ts";
import { COLUMNS_MAX, ROW_BYTES_MAX } from "../../sidecar/formats/limits.ts";
import { hold, pieces } from "../support/tables.ts";

async function holdLines(text: string | Buffer, pieceBytes = 1_000, paths: string[] = []) {
  const problems = startProblems();
  const fields = paths.map((path) => ({ name: path, find: compilePath(path) }));
  const held = await hold(readJsonLines(pieces(text, pieceBytes), { problems, fields }));
  return { ...held, problems };
}

test("documents come back however the bytes are cut, a key that a row lacks as undefined", async () => {
  const key = fc.constantFrom("a", "b", "__proto__", "toString", "é");
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.dictionary(key, fc.jsonValue({ noUnicodeString: false })), { maxLength: 12 }),
      fc.integer({ min: 1, max: 40 }),
      async (documents, pieceBytes) => {
        const lines = documents.map((document) => JSON.stringify(document));
        const held = await holdLines(lines.join("\n\n"), pieceBytes);
        assert.deepEqual([...held.problems.counts], []);
        assert.equal(held.rows.length, documents.length);
        const names = new Set(documents.flatMap((document) => Object.keys(document)));
        for (const name of names) {
          const given = documents.map((document) => JSON.stringify(ownValue(document, name)));
          const found = Object.entries(held.columns).find(([column]) => column === name)?.[1] ?? [];
          assert.deepEqual(
            found.map((value) => JSON.stringify(value)),
            given,
          );
        }
      },
    ),
  );
});

test("U+FFFD that a text holds is no problem, and bytes that are not UTF-8 are one of their line", async () => {
  const sound = await holdLines('{"a":"\u{fffd}"}\n{"a":1}', 3);
  assert.deepEqual([...sound.problems.counts], []);
  assert.deepEqual(sound.columns, { a: ["\u{fffd}", 1] });
  const problems = startProblems();
  const text = Buffer.concat([
    Buffer.from('{"a":"\u{fffd}"}\n{"a":"'),
    Buffer.from([0xff]),
    Buffer.from('"}\n'),
  ]);
  await hold(readJsonLines([text], { problems }));
  assert.deepEqual(
    problems.listed.map(({ kind, row }) => [kind, row]),
    [["badUtf8", 2]],
  );
});

function ownValue(document: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(document, name) ? document[name] : undefined;
}

test("a line that is no object is left out and told, and the others keep their numbers", async () => {
  const text = '{"a":1}\n[2]\nnot json\n\n{"a":3}\n"x"\nnull\n{"a":4}';
  const held = await holdLines(text, 7);
  assert.deepEqual(held.columns, { a: [1, 3, 4] });
  assert.deepEqual(held.rows, [1, 4, 7]);
  assert.deepEqual(
    held.problems.listed.map(({ kind, row }) => [kind, row]),
    [2, 3, 5, 6].map((row) => ["notAnObject", row]),
  );
});

test("NaN and Infinity as Python writes them are texts, and texts that hold them stay as they are", async () => {
  const { columns, problems } = await holdLines(
    '{"a": NaN, "b": [1, -Infinity], "c": "x: NaN, y"}\n{"a": Infinity}',
  );
  assert.deepEqual(columns.a, ["NaN", "Infinity"]);
  assert.deepEqual(columns.b?.[0], [1, "-Infinity"]);
  assert.deepEqual([...problems.counts], []);
});

test("a line beyond the limit is left out, and the rest is read", async () => {
  const long = JSON.stringify({ a: "x".repeat(1_000_000) });
  const tooLong = JSON.stringify({ a: "x".repeat(ROW_BYTES_MAX) });
  const text = `${long}\n${tooLong}\n{"a":"y"}\n`;
  const held = await holdLines(text, 64 * 1024);
  assert.deepEqual([held.columns.a?.length, held.columns.a?.[1]], [2, "y"]);
  assert.deepEqual(held.rows, [1, 3]);
  assert.deepEqual([...held.problems.counts], [["tooLongRow", 1]]);
});

test("columns are bounded, and bytes that are not UTF-8 told", async () => {
  const many = Object.fromEntries(
    Array.from({ length: COLUMNS_MAX + 2 }, (_, at) => [`k${at}`, 1]),
  );
  const text = Buffer.concat([
    Buffer.from(`\u{feff}${JSON.stringify(many)}\n{"k0":"`),
    Buffer.from([0xff]),
    Buffer.from('"}'),
  ]);
  const held = await holdLines(text);
  assert.equal(Object.keys(held.columns).length, COLUMNS_MAX);
  assert.deepEqual(held.columns.k0, [1, "\u{fffd}"]);
  assert.deepEqual(
    [...held.problems.counts],
    [
      ["tooManyColumns", 2],
      ["badUtf8", 1],
    ],
  );
});

const document = { a: { "b c": [10, 20, { d: null }] }, list: [{ x: 1 }, { y: 2 }, { x: 3 }] };
const paths: readonly { path: string; found: unknown }[] = [
  { path: "$.a['b c'][1]", found: 20 },
  { path: "$.a['b c'][-1].d", found: null },
  { path: "$.a.missing.deeper", found: undefined },
  { path: "$.a['b c'].length", found: undefined },
  { path: "$.constructor", found: undefined },
  { path: "$.list[*].x", found: [1, 3] },
  { path: "$.list[?@.y == 2]", found: [{ y: 2 }] },
  { path: "$..nothing", found: undefined },
];

for (const { path, found } of paths) {
  test(`${path} finds ${JSON.stringify(found)}`, async () => {
    assert.deepEqual(compilePath(path)(document), found);
    const held = await holdLines(JSON.stringify(document), 1_000, [path]);
    assert.deepEqual(held.columns[path], [found]);
  });
}

test("a path that is none is refused with the reason", () => {
  for (const path of ["a.b", "$.", "$[", "$.a[?]", ""]) {
    assert.throws(() => compilePath(path), Error, path);
  }
});
