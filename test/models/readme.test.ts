import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { folderOf } from "../support/registries.ts";
import { run } from "../support/verb.ts";

test("the README's commands about models do what it says", async (context) => {
  const readme = readFileSync(new URL("../../sidecar/README.md", import.meta.url), "utf8");
  const lines = [...readme.matchAll(/^npx understudy (registry .*)$/gm)].map(([, line]) => line);
  const file = join(folderOf(context), "models.sqlite");
  const said: string[] = [];
  for (const line of lines) {
    const ran = await run(...(line ?? "").replace("models.sqlite", file).split(" "));
    assert.equal(ran.code, 0, ran.err);
    said.push(ran.out);
  }
  assert.deepEqual(said.slice(0, 2), [
    "patient-risk v1: registered, champion",
    "patient-risk v2: registered",
  ]);
  assert.match(said[2] ?? "", /\nv2 .* auc=0\.68 .*\nv1 .* champion/);
});
