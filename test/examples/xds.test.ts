import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { run } from "../../sidecar/envoy/run.ts";
import { parsePlan } from "../../sidecar/plan/parsePlan.ts";
import { readEnvoys } from "../../sidecar/xds/envoysFile.ts";
import { foundEnvoy } from "../support/envoy.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const example = (name: string): string => `${root}examples/xds/${name}`;

// What becomes of traffic is in test/e2e/xds.test.ts, which runs on these files.
test("the example's Envoy, file and plan are taken as they are, and about one rollout", async () => {
  const { path } = await foundEnvoy();
  const { exitCode, output } = await run(
    [path, "--mode", "validate", "--log-level", "warn", "-c", example("envoy.yaml")],
    { env: process.env, timeoutMs: 20_000 },
  );
  assert.equal(exitCode, 0, output);
  const envoys = readEnvoys(example("envoys.yaml"));
  const parsed = parsePlan(await readFile(example("plan.yaml"), "utf8"));
  assert.ok("settings" in envoys && parsed.kind === "plan");
  assert.deepEqual(
    envoys.settings.rollouts.map(({ name }) => name),
    [parsed.plan.name],
  );
});

test("the file in the sidecar's README is taken as it is", async () => {
  const text = await readFile(`${root}sidecar/README.md`, "utf8");
  const [, yaml = ""] = /```yaml\n(apiVersion: [^`]*kind: Envoys[^`]*)```/.exec(text) ?? [];
  const folder = await mkdtemp(`${tmpdir()}/understudy-readme-`);
  await writeFile(`${folder}/envoys.yaml`, yaml);
  const read = readEnvoys(`${folder}/envoys.yaml`);
  await rm(folder, { recursive: true });
  assert.ok("settings" in read, JSON.stringify(read));
});
