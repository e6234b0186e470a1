import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parsePlan } from "../../sidecar/plan/parsePlan.ts";
import { run } from "../support/verb.ts";

const versions = { primary: "v4", candidate: "v7" };

const template = (spec: string): string => `apiVersion: understudy.dev/v1alpha1
kind: Rollout
metadata: { name: risk }
spec: { ${spec}steps: [{ shadow: {} }], guardrails: { errorRate: {} } }
`;

function parsed(text: string, leftOut?: typeof versions): unknown {
  const read = parsePlan(text, leftOut);
  return read.kind === "plan"
    ? [read.plan.primary, read.plan.candidate, read.plan.model]
    : read.problems.map(({ field, given }) => `${field}: ${given}`);
}

test("a plan that leaves its versions out is one of those that it is given", () => {
  assert.deepEqual(parsed(template("model: risk, "), versions), ["v4", "v7", "risk"]);
});

test("a version that a plan names stays", () => {
  const named = template("primary: blue, model: risk, ");
  assert.deepEqual(parsed(named, versions), ["blue", "v7", "risk"]);
});

test("a plan that leaves its versions out is none by itself", () => {
  assert.deepEqual(parsed(template("model: risk, ")), [
    "spec.primary: nothing",
    "spec.candidate: nothing",
  ]);
});

test("a plan of no model names its versions itself", () => {
  assert.deepEqual(parsed(template(""), versions), [
    "spec.primary: nothing",
    "spec.candidate: nothing",
  ]);
});

test("a template can be checked and explained before there are versions", async () => {
  const file = fileURLToPath(new URL("../../examples/patient-risk/template.yaml", import.meta.url));
  for (const way of ["check", "explain"]) {
    const { code, err } = await run("plan", way, file);
    assert.deepEqual([code, err], [0, ""]);
  }
});

test("a plan need not be of a model, and a model's name fits into a key of 64 characters", () => {
  const spec = "primary: v1, candidate: v2, ";
  assert.deepEqual(parsed(template(spec)), ["v1", "v2", undefined]);
  const long = "m".repeat(48);
  assert.deepEqual(parsed(template(`${spec}model: ${long}, `)), ["v1", "v2", long]);
  assert.deepEqual(parsed(template(`${spec}model: ${long}m, `)), [`spec.model: ${long}m`]);
  assert.deepEqual(parsed(template(`${spec}model: "a/b", `)), ['spec.model: "a/b"']);
});

test("what is no mapping is refused as ever, whatever versions are given", () => {
  assert.deepEqual(parsed("spec: 1", versions), parsed("spec: 1"));
  assert.deepEqual(parsed("", versions), parsed(""));
});
