import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import protobuf from "protobufjs";
import descriptor from "protobufjs/ext/descriptor.js";
import { canonicalPlan } from "../../sidecar/core/plan/canonicalPlan.ts";
import {
  DESCRIPTORS_BYTES_MAX,
  ENTRIES_MAX,
  LIST_MAX,
  parseDescriptors,
} from "../../sidecar/plan/descriptors.ts";
import { DESCRIPTORS_TEXT_MAX, PLAN_BYTES_MAX, parsePlan } from "../../sidecar/plan/parsePlan.ts";
import { formatProblem } from "../../sidecar/plan/problem.ts";
import { shortPlan } from "../support/plans.ts";
import { DESCRIPTORS, SCORE_PATH } from "../support/scorer.ts";

const FIELD = "spec.compare.grpc.descriptorSet";
const ENCODED = DESCRIPTORS.toString("base64");

/** A plan with this as its descriptors. */
function planWith(descriptors: string): string {
  return `${shortPlan}  compare: { grpc: { descriptorSet: ${descriptors} } }\n`;
}

function problemsOf(text: string): readonly string[] {
  const parsed = parsePlan(text);
  return parsed.kind === "problems" ? parsed.problems.map(formatProblem) : [];
}

/** The descriptor set of a .proto file, in base64. */
function setOf(source: string): string {
  const { root } = protobuf.parse(`syntax = "proto3"; package p; ${source}`, { keepCase: true });
  const set = root.toDescriptor("proto3");
  return Buffer.from(set.$type.encode(set).finish()).toString("base64");
}

/** A descriptor set of messages with so many fields each. */
function wide(messages: readonly number[]): string {
  const fields = (count: number): object[] =>
    Array.from({ length: count }, (_, index) => ({
      name: `f${index}`,
      number: index + 1,
      type: 8,
    }));
  const method = { name: "Ask", inputType: ".p.M0", outputType: ".p.M0" };
  return encoded({
    name: "a.proto",
    package: "p",
    syntax: "proto3",
    messageType: messages.map((count, index) => ({ name: `M${index}`, field: fields(count) })),
    service: [{ name: "S", method: [method] }],
  });
}

/** A descriptor set of one file, in base64. */
function encoded(file: object): string {
  const { FileDescriptorSet } = descriptor;
  const set = FileDescriptorSet.fromObject({ file: [file] });
  return Buffer.from(FileDescriptorSet.encode(set).finish()).toString("base64");
}

test("a plan with descriptors knows what unary methods answer, and no others", () => {
  const parsed = parsePlan(planWith(ENCODED));
  assert(parsed.kind === "plan");
  assert.deepEqual(
    parsed.plan.compare.grpc?.methods.map(({ path }) => path),
    [SCORE_PATH, "/test.v1.Classic/Ask"],
  );
  const quoted = parsePlan(planWith(`"${ENCODED}"`));
  assert(quoted.kind === "plan");
  assert.equal(canonicalPlan(parsed.plan), canonicalPlan(quoted.plan));
});

test("only what answers reach is kept of descriptors", () => {
  const parsed = parseDescriptors(
    setOf(`
      message Ask { Big big = 1; } message Big { string a = 1; }
      message Answer { Part part = 1; repeated Answer more = 2; } message Part { Kind kind = 1; }
      enum Kind { NONE = 0; SOME = 1; }
      service S { rpc One(Ask) returns (Answer); rpc Two(Ask) returns (stream Big); }
    `),
  );
  assert(parsed.kind === "schema");
  const { methods, messages, enums } = parsed.schema;
  assert.deepEqual(methods, [{ path: "/p.S/One", response: 0 }]);
  assert.deepEqual(
    messages.map((fields) => fields.map(({ name, holds }) => `${name} ${holds}`)),
    [["part optional", "more list"], ["kind plain"]],
  );
  assert.deepEqual(enums, [
    [
      { number: 0, name: "NONE" },
      { number: 1, name: "SOME" },
    ],
  ]);
});

/** A method that answers what is in no file of the set. */
const dangling = encoded({
  name: "a.proto",
  package: "p",
  syntax: "proto3",
  messageType: [{ name: "M" }],
  service: [{ name: "S", method: [{ name: "Ask", inputType: ".p.M", outputType: ".q.N" }] }],
});

const refused: { name: string; given: string; expected: RegExp }[] = [
  { name: "no text", given: "7", expected: /: 7: a text in base64/ },
  { name: "an empty text", given: '""', expected: /: base64 of what protoc/ },
  {
    name: "a file's name",
    given: "file:a.binpb",
    expected: /: file:a.binpb: base64 of what protoc/,
  },
  { name: "no base64", given: "CgA_", expected: /: CgA_: base64 of what protoc/ },
  { name: "half a set", given: ENCODED.slice(0, 400), expected: /: base64 of what protoc/ },
  {
    name: "another file",
    given: Buffer.from("syntax").toString("base64"),
    expected: /: base64 of what protoc/,
  },
  {
    name: "a set without what it imports",
    given: dangling,
    expected: /: base64 of what protoc .*\.q\.N/,
  },
  {
    name: "a set without a service",
    given: setOf("message M { bool a = 1; }"),
    expected: /: a set with a service that has a unary method/,
  },
  {
    name: "a set whose services only stream",
    given: setOf("message M {} service S { rpc Ask(stream M) returns (M); }"),
    expected: /: a set with a service that has a unary method/,
  },
];

for (const { name, given, expected } of refused) {
  test(`${name} is refused as descriptors, named with its field`, () => {
    const [line, ...more] = problemsOf(planWith(given));
    assert.equal(more.length, 0);
    assert.ok(line?.startsWith(`${FIELD}: `), line);
    assert.match(line ?? "", expected);
  });
}

test("descriptors are taken up to their limit of bytes, and a plan that is as long as it may be besides", () => {
  // Field 12 of the set is unknown: it is passed over.
  const padded = (bytes: number): string => {
    const rest = bytes - DESCRIPTORS.length - 4;
    const head = Buffer.from([0x62, (rest & 0x7f) | 0x80, ((rest >> 7) & 0x7f) | 0x80, rest >> 14]);
    return Buffer.concat([DESCRIPTORS, head, Buffer.alloc(rest)]).toString("base64");
  };
  const largest = padded(DESCRIPTORS_BYTES_MAX);
  assert.equal(largest.length, DESCRIPTORS_TEXT_MAX);
  const plan = planWith(largest);
  const room = PLAN_BYTES_MAX + largest.length - plan.length;
  assert.deepEqual(problemsOf(`${plan}#${"x".repeat(room - 1)}`), []);
  assert.match(problemsOf(`${plan}#${"x".repeat(room)}`).join(), /^plan: 65537 bytes/);
  assert.match(
    problemsOf(planWith(padded(DESCRIPTORS_BYTES_MAX + 3))).join(),
    /descriptorSet: .*: at most 98304 bytes/,
  );
});

test("as many fields are taken as one message may have, and all together", () => {
  const refusal = {
    kind: "problem",
    allowed: "at most 4096 types, fields and enum values, and 1024 in one of them",
  };
  assert.equal(parseDescriptors(wide([LIST_MAX])).kind, "schema");
  assert.deepEqual(parseDescriptors(wide([LIST_MAX + 1])), refusal);
  // The file, its five messages, the service and its method.
  const rest = ENTRIES_MAX - 4 * 1000 - 8;
  const four = [1000, 1000, 1000, 1000];
  assert.equal(parseDescriptors(wide([...four, rest])).kind, "schema");
  assert.deepEqual(parseDescriptors(wide([...four, rest + 1])), refusal);
});

test("types within types beyond the library's depth are refused", () => {
  let nested = Buffer.alloc(0);
  for (let depth = 0; depth < 20_000 && nested.length < 90_000; depth += 1) {
    const size = nested.length;
    const length = [(size & 0x7f) | 0x80, ((size >> 7) & 0x7f) | 0x80, size >> 14];
    nested = Buffer.concat([Buffer.from([depth === 0 ? 0x22 : 0x1a, ...length]), nested]);
  }
  assert.equal(parseDescriptors(nested.toString("base64")).kind, "problem");
});

test("any bytes are descriptors or a problem", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.tuple(fc.nat(DESCRIPTORS.length - 1), fc.nat(255)).map(([at, byte]) => {
      const changed = Buffer.from(DESCRIPTORS);
      changed[at] = byte;
      return changed;
    }),
  );
  fc.assert(
    fc.property(bytes, (given) => {
      parseDescriptors(Buffer.from(given).toString("base64"));
    }),
    { numRuns: 500 },
  );
});
