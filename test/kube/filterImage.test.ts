import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

test("the filter's image is an OCI layout whose one layer holds the module, and the same at each writing", (context) => {
  const folder = mkdtempSync(join(tmpdir(), "understudy-image-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const write = () =>
    execFileSync(process.execPath, [join(root, "deploy/filterImage.ts"), folder], {
      encoding: "utf8",
    }).trim();
  const digest = write();
  assert.equal(write(), digest);
  const blob = (named: string): Buffer => {
    const bytes = readFileSync(join(folder, "blobs", ...named.split(":")));
    assert.equal(`sha256:${createHash("sha256").update(bytes).digest("hex")}`, named);
    return bytes;
  };
  const { manifests } = JSON.parse(readFileSync(join(folder, "index.json"), "utf8"));
  assert.equal(manifests[0].digest, digest);
  const { layers, config } = JSON.parse(blob(digest).toString());
  assert.equal(blob(config.digest).length, config.size);
  const [layer, ...more] = layers;
  assert.deepEqual(more, []);
  assert.equal(layer.mediaType, "application/vnd.oci.image.layer.v1.tar+gzip");
  const module = execFileSync("tar", ["-xzOf", "-", "plugin.wasm"], { input: blob(layer.digest) });
  assert.deepEqual(module, readFileSync(join(root, "build/filter.wasm")));
});
