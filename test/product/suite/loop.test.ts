import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type LoopReport, loopSurprises } from "../../../examples/patient-risk/loop.ts";
import { readRetrained, TRAINED_AHEAD } from "../../../examples/patient-risk/model.ts";
import { WITHOUT_PYTHON } from "../../../examples/patient-risk/python.ts";
import { foundEnvoy } from "../../support/envoy.ts";
import { until } from "../../support/until.ts";

const demo = fileURLToPath(new URL("../../../examples/patient-risk/demo.ts", import.meta.url));
const DEADLINE_MS = 300_000;
/** A third of the usual, for busy machines. */
const RATE = ["--requests-per-second", "100"];

test("the population shifts, and that has a new version trained, registered, rolled out from shadow and promoted, which drifts no more", async (context) => {
  await foundEnvoy();
  const folder = await mkdtemp(join(tmpdir(), "understudy-loop-"));
  const report = join(folder, "report.json");
  const child = spawn(process.execPath, [demo, "--loop", "--report", report, ...RATE], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(child, "exit");
  context.after(async () => {
    child.kill("SIGTERM");
    await exited;
    await rm(folder, { recursive: true, force: true });
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  await until(() => child.exitCode !== null, { deadlineMs: DEADLINE_MS, what: "the demo ends" });
  assert.equal(child.exitCode, 0, output);
  const written: LoopReport = JSON.parse(await readFile(report, "utf8"));
  assert.deepEqual(loopSurprises(written), []);
  assert.equal(written.training, WITHOUT_PYTHON === undefined ? "now" : "ahead");
  // Trained now or ahead, it is the same model of the same records.
  const { sha256, trainingDataSha256 } = await readRetrained(TRAINED_AHEAD);
  const [third, second] = written.versions;
  assert.deepEqual(
    [third?.sha256, third?.trainingDataSha256, third?.parent],
    [sha256, trainingDataSha256, second?.version],
  );
});
