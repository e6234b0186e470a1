import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { parquetWriteBuffer } from "hyparquet-writer";
import { seeded } from "../support/random.ts";
import { tableFile } from "../support/tables.ts";
import { run } from "../support/verb.ts";

const patients = readFileSync(
  fileURLToPath(new URL("../../examples/patient-risk/data/randhie.csv", import.meta.url)),
  "utf8",
).split("\n");

/** Records of patients in random order; those in worse health have more chronic diseases, and some have no payment recorded. */
function records(
  context: TestContext,
  given: { rows: number; from: number; worse?: true },
): string {
  const random = seeded(7);
  const shuffled = patients
    .slice(1, -1)
    .map((line) => ({ line, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .slice(given.from, given.from + given.rows)
    .map(({ line }) => line);
  const worse = shuffled.map((line, row) => {
    const cells = line.split(",");
    cells[7] = String(Number(cells[7]) * 1.5 + 3);
    cells[4] = row % 5 === 0 ? "" : (cells[4] ?? "");
    return cells.join(",");
  });
  const lines = given.worse === true ? worse : shuffled;
  return tableFile(context, "patients.csv", [patients[0], ...lines].join("\n"));
}

test("the same input gives the same profile, which stands for the input it was made of", async (context) => {
  const reference = records(context, { rows: 6_000, from: 0 });
  const current = records(context, { rows: 2_000, from: 6_000 });
  const profile = join(dirname(reference), "profile.json");
  const made = await run(
    ...["profile", "--input", reference, "--to", profile, "--ignore", "person"],
  );
  assert.deepEqual([made.code, made.err], [0, ""]);
  assert.match(made.out, /^6000 rows, 10 features, profile [0-9a-f]{12}\nfeature +type/);
  const printed = await run("profile", "--input", reference, "--ignore", "person");
  assert.equal(`${printed.out}\n`, readFileSync(profile, "utf8"));
  const args = ["--current", current, "--ignore", "person", "--output", "json"];
  const fromProfile = await run("drift", "--reference", profile, ...args);
  const fromData = await run("drift", "--reference", reference, ...args);
  assert.equal(fromProfile.code, 0, fromProfile.err);
  assert.equal(fromProfile.out, fromData.out);
});

test("patients drawn from the same records show no drift", async (context) => {
  const reference = records(context, { rows: 8_000, from: 0 });
  const current = records(context, { rows: 3_000, from: 8_000 });
  const { code, out } = await run(
    ...["drift", "--reference", reference, "--current", current, "--ignore", "person"],
    ...["--output", "json", "--fail-on-drift"],
  );
  const { features, dataset, together } = JSON.parse(out);
  assert.equal(code, 0);
  assert.deepEqual([dataset.share, dataset.drifted, together.drifted], [0, false, false]);
  assert.equal(features.length, 10);
  const keys = [
    "name",
    "type",
    "n",
    "psi",
    "ks",
    "js",
    "wasserstein",
    "chi2",
    "drifted",
    "reasons",
  ];
  for (const feature of features) {
    assert.deepEqual(
      keys.filter((key) => !(key in feature)),
      [],
    );
    assert.deepEqual(Object.keys(feature.ks).slice(0, 1), ["statistic"]);
  }
});

test("patients in worse health are drift, by name, and the page shows it", async (context) => {
  const reference = records(context, { rows: 8_000, from: 0 });
  const current = records(context, { rows: 3_000, from: 8_000, worse: true });
  const page = join(dirname(current), "drift.html");
  const { code, out } = await run(
    ...["drift", "--reference", reference, "--current", current, "--ignore", "person"],
    ...["--html", page, "--fail-on-drift"],
  );
  assert.equal(code, 1);
  assert.match(out, /^3000 rows against 8000: [12] of 10 features drifted\n/);
  assert.match(out, /^disea +numeric +3000 .* drifted$/m);
  assert.match(out, /^lpi: 20% of rows have no value/m);
  assert.match(out, /^The dataset has not drifted\.$/m);
  const html = readFileSync(page, "utf8");
  assert.equal(html.match(/<svg /g)?.length, 10);
  assert.ok(html.indexOf("<h3>disea") < html.indexOf("<h3>mdvis"));
  assert.doesNotMatch(html, /<script|https?:/);
});

test("the same data from CSV, JSON lines and Parquet has the same features", async (context) => {
  const rows = Array.from({ length: 400 }, (_, row) => ({
    amount: Math.round(1e6 * seeded(row).next()) / 1e4,
    colour: ["red", "green", "blue"][row % 3] ?? "",
  }));
  const files = [
    tableFile(context, "a.csv", toCsv(rows)),
    tableFile(context, "a.jsonl", rows.map((row) => JSON.stringify(row)).join("\n")),
    tableFile(
      context,
      "a.parquet",
      new Uint8Array(
        parquetWriteBuffer({
          columnData: [
            { name: "amount", data: rows.map(({ amount }) => amount), type: "DOUBLE" },
            { name: "colour", data: rows.map(({ colour }) => colour), type: "STRING" },
          ],
        }),
      ),
    ),
  ];
  const profiles = await Promise.all(files.map((file) => run("profile", "--input", file)));
  assert.equal(new Set(profiles.map(({ out }) => out)).size, 1);
  assert.match(profiles[0]?.out ?? "", /"name":"amount"/);
});

function toCsv(rows: readonly { amount: number; colour: string }[]): string {
  return `amount,colour\n${rows.map(({ amount, colour }) => `${amount},${colour}`).join("\n")}\n`;
}

test("features of nested documents are found by their paths, in the reference and later", async (context) => {
  const lines = (shift: number) =>
    Array.from({ length: 300 }, (_, row) =>
      JSON.stringify({
        in: { age: (row % 60) + shift },
        out: [{ label: row % 2 ? "high" : "low" }],
      }),
    ).join("\n");
  const reference = tableFile(context, "reference.jsonl", lines(0));
  const profile = join(dirname(reference), "profile.json");
  const made = await run(
    ...["profile", "--input", reference, "--to", profile, "--prediction", "label"],
    ...["--feature", "age=$.in.age:numeric", "--feature", "label=$.out[0].label"],
    ...["--ignore", "in", "--ignore", "out"],
  );
  assert.match(made.out, /^age +numeric +300/m);
  assert.match(made.out, /^label +prediction +300/m);
  const current = tableFile(context, "current.jsonl", lines(25));
  const { out } = await run(
    "drift",
    "--reference",
    profile,
    "--current",
    current,
    "--output",
    "json",
  );
  const found: { name: string; n: number; drifted: boolean }[] = JSON.parse(out).features;
  assert.deepEqual(
    found.map(({ name, n, drifted }) => [name, n, drifted]),
    [
      ["age", 300, true],
      ["label", 300, false],
    ],
  );
});

test("in Evidently's mode its own tests decide, and a profile has not what they need", async (context) => {
  const reference = records(context, { rows: 3_000, from: 0 });
  const current = records(context, { rows: 900, from: 3_000, worse: true });
  const flags = ["--current", current, "--ignore", "person", "--mode", "evidently"];
  const { code, out } = await run("drift", "--reference", reference, ...flags, "--json");
  assert.equal(code, 0);
  const {
    features,
    dataset,
  }: { features: { name: string; test: string; drifted: boolean }[]; dataset: object } =
    JSON.parse(out);
  const disea = features.find(({ name }) => name === "disea");
  assert.deepEqual([disea?.test, disea?.drifted], ["wasserstein", true]);
  assert.deepEqual(Object.keys(dataset), ["share", "drifted"]);
  const printed = await run("drift", "--reference", reference, ...flags);
  assert.match(printed.out, /by Evidently's tests and thresholds\n[\s\S]*^disea .* drifted$/m);
  const profile = tableFile(
    context,
    "profile.json",
    (await run("profile", "--input", current)).out,
  );
  const refused = await run("drift", "--reference", profile, ...flags);
  assert.deepEqual([refused.code, /needs the data itself/.test(refused.err)], [1, true]);
});

test("names that are markup, and control characters, stay text", async (context) => {
  const name = "<img src=x onerror=alert(1)>\u001b[31m";
  const evil = Array.from({ length: 60 }, (_, row) => `${row % 7},</style>&\u001b[2J${row % 3}`);
  const file = tableFile(context, "evil.csv", `${name},"b""><script>"\n${evil.join("\n")}\n`);
  const page = join(dirname(file), "<b>.html");
  const { code, out, err } = await run(
    ...["drift", "--reference", file, "--current", file, "--html", page],
  );
  assert.equal(code, 0, err);
  const html = readFileSync(page, "utf8");
  assert.doesNotMatch(html, /<img|<script|onerror=alert\(1\)>/);
  assert.ok(![html, out, err].some((text) => text.includes("\u001b")));
});
