import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { labelledRecords } from "../../examples/patient-risk/labelled.ts";
import { readMetrics, readRetrained, TRAINED_AHEAD } from "../../examples/patient-risk/model.ts";
import { PYTHON, WITHOUT_PYTHON } from "../../examples/patient-risk/python.ts";

const ARTEFACT_BYTES_MAX = 150_000;
const example = new URL("../../examples/patient-risk/", import.meta.url).pathname;

function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

function folderFor(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "understudy-retrain-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function retrain(data: string, to: string): { readonly code: number | null; readonly err: string } {
  const args = ["-B", join(example, "retrain.py"), "--data", data, "--to", to];
  const { status, stderr } = spawnSync(PYTHON ?? "", args, { encoding: "utf8" });
  return { code: status, err: stderr };
}

test("the model trained ahead is small, has the committed hash, and is of the records that the demo labels", async () => {
  const ahead = await readRetrained(TRAINED_AHEAD);
  const content = readFileSync(join(TRAINED_AHEAD, ahead.file));
  assert.ok(content.length <= ARTEFACT_BYTES_MAX);
  assert.equal(sha256(content), ahead.sha256);
  assert.equal(sha256(await labelledRecords()), ahead.trainingDataSha256);
  assert.ok(ahead.auc > 0.65 && ahead.accuracy > 0.7);
});

test("retrain.py makes the same model of the same records, from CSV as from JSON lines", {
  skip: WITHOUT_PYTHON,
}, async (context) => {
  const folder = folderFor(context);
  const csv = await labelledRecords();
  const [head = "", ...rows] = csv.trim().split("\n");
  const names = head.split(",");
  const lines = rows.map((row) =>
    JSON.stringify(Object.fromEntries(row.split(",").map((cell, at) => [names[at], Number(cell)]))),
  );
  const ahead = await readRetrained(TRAINED_AHEAD);
  for (const [name, text] of [
    ["labelled.csv", csv],
    ["labelled.jsonl", `${lines.join("\n")}\n`],
  ] as const) {
    writeFileSync(join(folder, name), text);
    assert.deepEqual(retrain(join(folder, name), folder), { code: 0, err: "" }, name);
    const made = await readRetrained(folder);
    assert.equal(made.sha256, ahead.sha256, name);
    assert.equal(made.trainingDataSha256, sha256(text));
  }
});

test("retrain.py refuses records without labels, and too few of them, and writes nothing", {
  skip: WITHOUT_PYTHON,
}, async (context) => {
  const folder = folderFor(context);
  const { features } = await readMetrics();
  const data = join(folder, "labelled.csv");
  const columns = Object.keys(features);
  const row = columns.map(() => 1).join(",");
  for (const [head, problem] of [
    [columns.join(","), /no column highUse/],
    [`${columns.join(",")},highUse`, /1 labelled records: at least 200/],
  ] as const) {
    writeFileSync(data, `${head}\n${row},1\n`);
    const { code, err } = retrain(data, folder);
    assert.equal(code, 1);
    assert.match(err, problem);
  }
  assert.equal(execFileSync("ls", [folder], { encoding: "utf8" }), "labelled.csv\n");
});
