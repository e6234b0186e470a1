import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  bootstrap,
  FRONT,
  filterResponse,
  pluginConfig,
} from "../../examples/patient-risk/bootstrap.ts";
import { ACTS } from "../../examples/patient-risk/scenario.ts";
import { SERVED_BY } from "../../examples/patient-risk/traffic.ts";
import { run } from "../../sidecar/envoy/run.ts";
import { envoyFor, foundEnvoy } from "../support/envoy.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const wasmFile = join(root, "build/filter.wasm");

test("Envoy takes the annotated configuration as it is", async () => {
  const { path } = await foundEnvoy();
  const file = join(root, "examples/envoy/envoy.yaml");
  // Envoy resolves the module's relative path against the folder it is started in.
  const folder = await mkdtemp(join(tmpdir(), "understudy-example-"));
  const text = await readFile(file, "utf8");
  const here = join(folder, "envoy.yaml");
  await writeFile(here, text.replace("build/filter.wasm", wasmFile));
  const env = process.env;
  const { exitCode, output } = await run(
    [path, "--mode", "validate", "--log-level", "warn", "-c", here],
    { env, timeoutMs: 20_000 },
  );
  await rm(folder, { recursive: true });
  assert.equal(exitCode, 0, output);
});

for (const act of ACTS) {
  test(`the filter takes the demo's configuration for ${act.name}, and users reach the primary`, async (context) => {
    const folder = await mkdtemp(join(tmpdir(), "understudy-example-"));
    context.after(() => rm(folder, { recursive: true, force: true }));
    const filterFile = join(folder, "filter.json");
    await writeFile(filterFile, JSON.stringify(filterResponse(wasmFile, pluginConfig(act))));
    const nowhere = 1;
    const modelPorts = { v1: nowhere, v2: nowhere, v3: nowhere, v4: nowhere };
    const backends = { modelPorts, sidecarPort: nowhere, filterFile, folder };
    const envoy = await envoyFor(context, { bootstrap: bootstrap(backends), workers: 1 });
    const url = `http://127.0.0.1:${envoy.ports.get(FRONT)}/v2/models/patient-risk/infer`;
    const response = await fetch(url, { method: "POST", body: "{}" });
    assert.equal(response.status, 503);
    assert.equal(response.headers.get(SERVED_BY), act.primary);
  });
}
