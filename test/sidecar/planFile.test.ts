import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { runVerb } from "../../sidecar/cli/run.ts";
import { DESCRIPTORS_BYTES_MAX } from "../../sidecar/plan/descriptors.ts";
import { parsePlan } from "../../sidecar/plan/parsePlan.ts";
import { readPlanFile } from "../../sidecar/plan/planFile.ts";
import { shortPlan } from "../support/plans.ts";
import { DESCRIPTORS, SCORE_PATH } from "../support/scorer.ts";
import { startTestSidecar } from "../support/testSidecar.ts";

/** A folder with a plan and, beside it, descriptors; the plan's file. */
async function folderWith(context: TestContext, plan: string, descriptors: Uint8Array) {
  const folder = await mkdtemp(join(tmpdir(), "understudy-plan-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "scorer.binpb"), descriptors);
  await writeFile(join(folder, "plan.yaml"), plan);
  return join(folder, "plan.yaml");
}

const compare = (value: string): string =>
  `${shortPlan}  compare: # as v1 does\n    grpc: { descriptorSet: ${value} } # "file:"\n`;

for (const written of ["file:scorer.binpb", '"file:./scorer.binpb"', "'file:scorer.binpb'"]) {
  test(`descriptors that a plan names as ${written} are put in their place`, async (context) => {
    const file = await folderWith(context, compare(written), DESCRIPTORS);
    const text = await readPlanFile(file);
    assert.equal(text, compare(`"${DESCRIPTORS.toString("base64")}"`));
    const parsed = parsePlan(text);
    assert(parsed.kind === "plan");
    assert.equal(parsed.plan.compare.grpc?.methods[0]?.path, SCORE_PATH);
  });
}

test("a plan without such a name is left as it is, mistakes too", async (context) => {
  for (const plan of [shortPlan, compare("CgA="), compare("[file:a]"), "spec: file:a", "{", ""]) {
    assert.equal(await readPlanFile(await folderWith(context, plan, DESCRIPTORS)), plan);
  }
});

test("descriptors that are not there, or too large, are named", async (context) => {
  const absent = await folderWith(context, compare("file:absent.binpb"), DESCRIPTORS);
  await assert.rejects(readPlanFile(absent), /absent\.binpb/);
  const large = await folderWith(context, compare("file:scorer.binpb"), Buffer.alloc(98_305));
  await assert.rejects(readPlanFile(large), /scorer\.binpb: 98305 bytes: at most 98304 bytes/);
});

test("understudy simulate plays a plan whose descriptors are in a file", async (context) => {
  const file = await folderWith(context, compare("file:scorer.binpb"), DESCRIPTORS);
  const said: string[] = [];
  const output = { out: (text: string) => said.push(text), err: (text: string) => said.push(text) };
  assert.equal(await runVerb(["simulate", "--plan", file, "--runs", "2"], output), 0, said.join());
});

test("a plan with descriptors as large as they may be is applied, and outlives the sidecar", async (context) => {
  const rest = DESCRIPTORS_BYTES_MAX - DESCRIPTORS.length - 4;
  // Field 12 of a descriptor set means nothing.
  const head = Buffer.from([0x62, (rest & 0x7f) | 0x80, ((rest >> 7) & 0x7f) | 0x80, rest >> 14]);
  const largest = Buffer.concat([DESCRIPTORS, head, Buffer.alloc(rest)]);
  const file = await folderWith(context, compare("file:scorer.binpb"), largest);
  const storePath = join(dirname(file), "store.sqlite");
  const said: string[] = [];
  const output = { out: (text: string) => said.push(text), err: (text: string) => said.push(text) };
  const first = await startTestSidecar(context, { storePath });
  const applied = await runVerb(["apply", file, "--server", first.grpc], output);
  await first.stop();
  const second = await startTestSidecar(context, { storePath });
  const again = await runVerb(["apply", file, "--server", second.grpc], output);
  assert.deepEqual([applied, again], [0, 0], said.join());
  assert.deepEqual(
    said.map((text) => /^a: progressing[\s\S]*revision (\d+)/.exec(text)?.[1]),
    ["1", "1"],
  );
});
