import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { parse } from "yaml";
import { rolloutDefinition } from "../../sidecar/rolloutObjects/definition.ts";
import { structural } from "../../sidecar/rolloutObjects/structural.ts";

test("deploy/base/rollouts.yaml is the definition of Rollout objects", async () => {
  const file = new URL("../../deploy/base/rollouts.yaml", import.meta.url);
  assert.deepEqual(
    parse(await readFile(file, "utf8")),
    JSON.parse(JSON.stringify(rolloutDefinition())),
  );
});

test("a schema becomes structural: no defaults, no unions, patterns of RE2, bounds as the API server spells them", () => {
  const given = {
    $schema: "x",
    type: "object",
    additionalProperties: false,
    required: ["a"],
    properties: {
      a: { type: "string", pattern: "^(?=.)a$", default: "a" },
      pattern: { type: "string", pattern: "^b$" },
      c: { description: "Either.", anyOf: [{ type: "string" }, { type: "number" }] },
      d: { type: "number", exclusiveMinimum: 0, maximum: 1 },
      e: {
        type: "object",
        propertyNames: {},
        additionalProperties: { const: "f", type: "string" },
      },
      g: { type: "array", items: { anyOf: [] } },
    },
  };
  assert.deepEqual(structural(given), {
    type: "object",
    required: ["a"],
    properties: {
      a: { type: "string" },
      pattern: { type: "string", pattern: "^b$" },
      c: { description: "Either.", "x-kubernetes-preserve-unknown-fields": true },
      d: { type: "number", minimum: 0, exclusiveMinimum: true, maximum: 1 },
      e: { type: "object", additionalProperties: { type: "string", enum: ["f"] } },
      g: { type: "array", items: { "x-kubernetes-preserve-unknown-fields": true } },
    },
  });
});
