import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createMetrics } from "../../sidecar/metrics.ts";

test("the README's table of metrics is what is exported", async () => {
  const readme = readFileSync(new URL("../../sidecar/README.md", import.meta.url), "utf8");
  const told = readme.split("\n").filter((line) => line.startsWith("| `understudy_"));
  const exported = (await createMetrics().registry.getMetricsAsJSON())
    .filter(({ name }) => name.startsWith("understudy_"))
    .map(({ name, type, help }) => `| \`${name}\` | ${type} | ${help} |`);
  assert.deepEqual(told, exported);
});
