import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../sidecar/main.ts", import.meta.url));

test("a sidecar with a wrong file of Envoys does not start, and says what is wrong where", (context) => {
  const folder = mkdtempSync(join(tmpdir(), "understudy-serve-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "envoys.yaml");
  writeFileSync(path, "apiVersion: understudy.dev/v1alpha1\nkind: Envoys\nrutes: []\n");
  const run = spawnSync(process.execPath, [main, "serve", "--xds", path], { encoding: "utf8" });
  assert.equal(run.status, 2);
  assert.match(run.stderr, /envoys\.yaml: rutes: .*routes\? known here: .*\(3:1\)/);
});
