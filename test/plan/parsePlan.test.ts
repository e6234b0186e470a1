import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { canonicalPlan } from "../../sidecar/core/plan/canonicalPlan.ts";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import { type ParsedPlan, parsePlan } from "../../sidecar/plan/parsePlan.ts";
import { fileJsonSchema } from "../../sidecar/plan/schema.ts";
import { fullPlan, shortPlan } from "../support/plans.ts";

const guardrailDefaults = { weight: 1, dryRun: false };
const rateDefaults = { ...guardrailDefaults, unit: "request", frequency: "rare" } as const;

const expected: Plan = {
  name: "patient-risk-v2",
  primary: "v1",
  candidate: "v2",
  requestTimeoutMs: 3000,
  steps: [
    { kind: "shadow", shadowBp: 5000, minimum: { pairs: 500, requests: 0, timeMs: 5000 } },
    {
      kind: "canary",
      candidateBp: 250,
      shadowBp: 5000,
      minimum: { pairs: 0, requests: 100, timeMs: 60_000 },
    },
    {
      kind: "canary",
      candidateBp: 2500,
      shadowBp: 1000,
      minimum: { pairs: 7, requests: 0, timeMs: 0 },
    },
    {
      kind: "canary",
      candidateBp: 10_000,
      shadowBp: 5000,
      minimum: { pairs: 0, requests: 0, timeMs: 0 },
    },
  ],
  guardrails: [
    { kind: "errorRate", name: "errorRate", margin: 2, tolerance: 0.005, ...rateDefaults },
    {
      kind: "disagreement",
      name: "disagreement",
      of: "prediction",
      tolerance: 0.15,
      ...guardrailDefaults,
    },
    {
      kind: "latency",
      name: "latency",
      slowerThanMs: 250,
      margin: 1.25,
      tolerance: 0.03,
      ...rateDefaults,
    },
  ],
  alpha: { rollback: 0.02, promotion: 0.1 },
  breaker: { requests: 20, failures: 0.5 },
  maximum: undefined,
  compare: {
    format: "openInference",
    prediction: {
      label: "$.outputs[0].data[0]",
      top1: undefined,
      score: "$.outputs[1].data[1]",
    },
    ignore: ["$.model_version", "$..id"],
    tolerances: [{ path: "$.outputs[*].data[*]", absolute: 0.001, relative: 0.01 }],
    unordered: ["$.tags"],
    similar: [{ path: "$.text", similarity: 0.9 }],
    samples: { perPath: 5, show: ["$.label"], redact: ["$.patient"] },
  },
};

function canonicalOf(parsed: ParsedPlan): string {
  assert.equal(parsed.kind, "plan");
  return parsed.kind === "plan" ? canonicalPlan(parsed.plan) : "";
}

test("a plan with every key is parsed", () => {
  assert.deepEqual(parsePlan(fullPlan), { kind: "plan", plan: expected });
});

test("what a plan leaves out has its default", () => {
  assert.deepEqual(parsePlan(shortPlan), {
    kind: "plan",
    plan: {
      name: "a",
      primary: "v1",
      candidate: "v2",
      requestTimeoutMs: 15_000,
      steps: [
        {
          kind: "canary",
          candidateBp: 500,
          shadowBp: 0,
          minimum: { pairs: 0, requests: 0, timeMs: 0 },
        },
      ],
      guardrails: [
        { kind: "errorRate", name: "errorRate", margin: 1.5, tolerance: 0.01, ...rateDefaults },
      ],
      alpha: { rollback: 0.01, promotion: 0.05 },
      breaker: { requests: 20, failures: 0.5 },
      maximum: undefined,
      compare: {
        format: "auto",
        prediction: undefined,
        ignore: [],
        tolerances: [],
        unordered: [],
        similar: [],
        samples: { perPath: 3, show: [], redact: [] },
      },
    },
  });
});

test("guardrails have defaults of their own", () => {
  const text = shortPlan
    .replace("canary: { weight: 5% }", "shadow: {}")
    .replace("errorRate: {}", "{ disagreement: { tolerance: 5% }, latency: { slowerThan: 1s } }");
  const parsed = parsePlan(text);
  assert.equal(parsed.kind, "plan");
  assert.deepEqual("plan" in parsed && [parsed.plan.guardrails, parsed.plan.steps], [
    [
      {
        kind: "disagreement",
        name: "disagreement",
        of: "answer",
        tolerance: 0.05,
        ...guardrailDefaults,
      },
      {
        kind: "latency",
        name: "latency",
        slowerThanMs: 1000,
        margin: 1.5,
        tolerance: 0.02,
        ...rateDefaults,
      },
    ],
    [{ kind: "shadow", shadowBp: 10_000, minimum: { pairs: 0, requests: 0, timeMs: 0 } }],
  ]);
});

test("a plan in JSON is the same plan", () => {
  const json = JSON.stringify(parse(fullPlan), undefined, 2);
  assert.deepEqual(parsePlan(json), parsePlan(fullPlan));
});

test("a plan in bytes of UTF-8 is the same plan, and other bytes are refused", () => {
  assert.deepEqual(parsePlan(new TextEncoder().encode(fullPlan)), parsePlan(fullPlan));
  assert.equal(parsePlan(Uint8Array.of(0xff, 0xfe)).kind, "problems");
});

test("the canonical text is the same for the same plan in another spelling, and only for that", () => {
  const canonical = canonicalOf(parsePlan(shortPlan));
  const respelt = `# the same\n${shortPlan.replace("5%", '"5.0%"')}  requestTimeout: 15000ms\n`;
  assert.equal(canonicalOf(parsePlan(respelt)), canonical);
  const other = shortPlan.replace("5%", "6%");
  assert.notEqual(canonicalOf(parsePlan(other)), canonical);
});

test("parsing a plan never throws, whatever the bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      assert.equal(parsePlan(bytes).kind, "problems");
    }),
  );
});

test("parsing never throws on a plan with a piece cut out, doubled or overwritten", () => {
  const piece = fc.constantFrom(
    "",
    ":",
    "- ",
    "? ",
    "{",
    "]",
    "&a ",
    "*a",
    "!!x ",
    "\n",
    "\t",
    "%",
    "\u0000",
    "null",
    "'",
  );
  const at = fc.nat({ max: fullPlan.length });
  fc.assert(
    fc.property(at, fc.nat({ max: 40 }), piece, fc.boolean(), (start, length, added, twice) => {
      const middle = twice ? fullPlan.slice(start, start + length).repeat(2) : "";
      const text = fullPlan.slice(0, start) + added + middle + fullPlan.slice(start + length);
      const parsed = parsePlan(text);
      assert.ok(parsed.kind === "plan" || parsed.problems.length > 0);
    }),
    { numRuns: 300 },
  );
});

test("examples/plan.schema.json is the schema of files of plans, templates among them", async () => {
  const file = new URL("../../examples/plan.schema.json", import.meta.url);
  const written: unknown = JSON.parse(await readFile(file, "utf8"));
  assert.deepEqual(written, JSON.parse(JSON.stringify(fileJsonSchema())));
});
