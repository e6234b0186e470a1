import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
const example = join(root, "examples/patient-risk");
const OUTPUT_BYTES_MAX = 16 << 20;

async function node(...args: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, args, { maxBuffer: OUTPUT_BYTES_MAX });
  return stdout;
}

async function folderFor(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "understudy-test-"));
  context.after(() => rm(folder, { recursive: true }));
  return folder;
}

test("reference.json is what understudy profile makes of the training rows", async (context) => {
  const made = join(await folderFor(context), "reference.json");
  await node(join(example, "reference.ts"), "--output", made);
  const [committed, again] = await Promise.all(
    [join(example, "reference.json"), made].map((file) => readFile(file, "utf8")),
  );
  assert.equal(again, committed);
});

for (const { rows, expected } of [
  { rows: "serving", expected: [] },
  { rows: "worse", expected: ["disea", "hlthf", "hlthp", "physlm", "flagged"] },
]) {
  test(`of the ${rows} rows, ${expected.length === 0 ? "no feature" : expected.join(", ")} drifted from the reference`, async (context) => {
    const folder = await folderFor(context);
    const current = join(folder, `${rows}.jsonl`);
    await writeFile(current, await node(join(example, "requests.ts"), rows));
    const html = join(folder, "report.html");
    const { features } = JSON.parse(
      await node(
        ...[join(root, "sidecar/main.ts"), "drift", "--output", "json", "--html", html],
        ...["--reference", join(example, "reference.json"), "--current", current],
        ...["--ignore", "inputs"],
      ),
    );
    const drifted = features
      .filter((feature: { readonly drifted: boolean }) => feature.drifted)
      .map((feature: { readonly name: string }) => feature.name);
    assert.deepEqual(drifted.sort(), [...expected].sort());
    assert.match(await readFile(html, "utf8"), /disea/);
  });
}
