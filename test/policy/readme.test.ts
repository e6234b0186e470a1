import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const text = (path: string): string =>
  readFileSync(new URL(`../../filter/${path}`, import.meta.url), "utf8");

test("the filter's README names every counter, and no other", () => {
  const table = text("README.md").split("## Counters")[1] ?? "";
  const told = [...table.matchAll(/^\| (.*?) \|/gm)].flatMap((row) =>
    [...(row[1] ?? "").matchAll(/`(\w+)`/g)].map((name) => name[1]),
  );
  const names = text("policy/counters.ts").split("const NAMES")[1]?.split("];")[0] ?? "";
  const counted = [...names.matchAll(/"(\w+)"/g)].map((name) => name[1]);
  assert.deepEqual(new Set(told), new Set(counted));
});
