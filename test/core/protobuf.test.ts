import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import type { JsonValue } from "../../sidecar/core/compare/jsonValue.ts";
import { JSON_LIMITS, type ParsedJson } from "../../sidecar/core/compare/parseJson.ts";
import { decodeProtobuf } from "../../sidecar/core/compare/protobuf.ts";
import {
  type CompiledMessage,
  compileSchema,
  type FieldShape,
} from "../../sidecar/core/compare/protobufSchema.ts";
import { SCORE_PATH, schemaOf, scoreAnswer } from "../support/scorer.ts";

type Vector = {
  readonly name: string;
  readonly message: string;
  readonly wire: string;
  readonly expected: unknown;
};
const vectors: { readonly messages: readonly Vector[] } = JSON.parse(
  readFileSync(new URL("../vectors/protobuf.json", import.meta.url), "utf8"),
);

const PATHS: Readonly<Record<string, string>> = {
  "test.v1.ScoreAnswer": SCORE_PATH,
  "test.v1.Old": "/test.v1.Classic/Ask",
};
const { responses } = compileSchema(schemaOf());

function messageOf(path: string): CompiledMessage {
  const message = responses.get(path);
  assert(message !== undefined);
  return message;
}

const answers = messageOf(SCORE_PATH);
const bytesOf = (...bytes: readonly number[]): Uint8Array => Uint8Array.from(bytes);

function decoded(bytes: Uint8Array, limits = JSON_LIMITS): JsonValue {
  const parsed = decodeProtobuf(bytes, answers, limits);
  assert(parsed.kind === "json");
  return parsed.value;
}

function reasonOf(parsed: ParsedJson): string {
  return parsed.kind === "problem" ? parsed.reason : "none";
}

/** Whole numbers beyond 2^53 as the vectors write them. */
function written(value: JsonValue): unknown {
  const text = JSON.stringify(value, (_, part) =>
    typeof part === "bigint" ? { big: String(part) } : part,
  );
  return JSON.parse(text);
}

for (const { name, message, wire, expected } of vectors.messages) {
  test(`a message with ${name} is read as Google's library reads it`, () => {
    const bytes = Buffer.from(wire, "base64");
    const parsed = decodeProtobuf(bytes, messageOf(PATHS[message] ?? ""), JSON_LIMITS);
    assert(parsed.kind === "json");
    assert.deepEqual(written(parsed.value), JSON.parse(JSON.stringify(expected)));
  });
}

for (const { name, bytes, expected } of [
  { name: "a varint", bytes: bytesOf(0xa0, 0x06, 0x96, 0x01), expected: { 100: [150] } },
  { name: "two values", bytes: bytesOf(0xa0, 6, 1, 0xa0, 6, 2), expected: { 100: [1, 2] } },
  { name: "32 bits", bytes: bytesOf(0xa5, 6, 1, 0, 0, 0), expected: { 100: [1] } },
  {
    name: "64 bits",
    bytes: bytesOf(0xa1, 6, 1, 0, 0, 0, 0, 0, 0, 0),
    expected: { 100: [1] },
  },
  { name: "bytes", bytes: bytesOf(0xa2, 6, 2, 0x68, 0x69), expected: { 100: ["aGk="] } },
  {
    name: "a group",
    bytes: bytesOf(0xa3, 6, 8, 1, 0xa4, 6),
    expected: { 100: ["CAGkBg=="] },
  },
  { name: "another wire type", bytes: bytesOf(0x1d, 1, 0, 0, 0), expected: { 3: [1] } },
] as const) {
  test(`a field that is not known, with ${name}, is kept by its number`, () => {
    assert.deepEqual(decoded(bytes), { ...Object(decoded(bytesOf())), ...expected });
  });
}

for (const { name, bytes } of [
  { name: "a tag without a value", bytes: bytesOf(8) },
  { name: "field 0", bytes: bytesOf(0, 1) },
  { name: "a field beyond 2^29", bytes: bytesOf(0xf8, 0xff, 0xff, 0xff, 0x1f, 1) },
  { name: "a varint of eleven bytes", bytes: bytesOf(8, ...Array(10).fill(0x80), 1) },
  { name: "a length beyond the end", bytes: bytesOf(0x1a, 5, 0x61) },
  { name: "a length beyond 2^32", bytes: bytesOf(0x1a, 0xff, 0xff, 0xff, 0xff, 0xff, 1) },
  { name: "a cut float", bytes: bytesOf(0x15, 0, 0) },
  { name: "a cut part", bytes: bytesOf(0x6a, 2, 8) },
  { name: "a part that goes on beyond its length", bytes: bytesOf(0x6a, 1, 8, 1) },
  { name: "packed numbers that end within one", bytes: bytesOf(0x22, 3, 0, 0, 0) },
  { name: "a group without an end", bytes: bytesOf(0xa3, 6, 8, 1) },
  { name: "the end of a group that has not begun", bytes: bytesOf(0xa4, 6) },
  { name: "a group that ends as another", bytes: bytesOf(0xa3, 6, 0xac, 6) },
  { name: "wire type 6", bytes: bytesOf(0x0e, 1) },
]) {
  test(`${name} is no message`, () => {
    assert.equal(reasonOf(decodeProtobuf(bytes, answers, JSON_LIMITS)), "protobuf");
  });
}

test("a text that is no UTF-8 is a problem of its own", () => {
  assert.equal(
    reasonOf(decodeProtobuf(bytesOf(0x1a, 1, 0xff), answers, JSON_LIMITS)),
    "invalidUtf8",
  );
});

/** A tree of so many nodes, each within the one before. */
function nested(levels: number): Buffer {
  let bytes: Buffer = Buffer.alloc(0);
  for (let level = 0; level < levels; level += 1) {
    const lengths: number[] = [];
    for (let rest = bytes.length; lengths.length === 0 || rest > 0; rest >>>= 7) {
      lengths.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    }
    const tag = level === levels - 1 ? 0x6a : 0x12;
    bytes = Buffer.concat([Buffer.from([tag, ...lengths]), bytes]);
  }
  return bytes;
}

test("messages within each other are read to the limit, and no further", () => {
  const limits = { ...JSON_LIMITS, depthMax: 8 };
  assert.equal(reasonOf(decodeProtobuf(nested(7), answers, limits)), "none");
  assert.equal(reasonOf(decodeProtobuf(nested(8), answers, limits)), "tooDeep");
  assert.equal(reasonOf(decodeProtobuf(nested(20_000), answers, JSON_LIMITS)), "tooDeep");
  const groups = Buffer.alloc(20_000, Buffer.from([0xa3, 6]));
  assert.equal(reasonOf(decodeProtobuf(groups, answers, JSON_LIMITS)), "tooDeep");
});

test("values and defaults are read to the limit, and no further", () => {
  const presets = answers.defaults.length;
  const limits = { ...JSON_LIMITS, tokensMax: presets + 11 };
  const logits = (count: number): Buffer => scoreAnswer({ logits: Array(count).fill(0.5) });
  assert.equal(reasonOf(decodeProtobuf(logits(10), answers, limits)), "none");
  assert.equal(reasonOf(decodeProtobuf(logits(11), answers, limits)), "tooManyTokens");
  const huge = Buffer.concat([bytesOf(0x22, 0x80, 0x80, 0x20), Buffer.alloc(2 ** 19)]);
  assert.equal(reasonOf(decodeProtobuf(huge, answers, JSON_LIMITS)), "tooManyTokens");
  const empty = Buffer.alloc(400_000, bytesOf(0x2a, 0));
  assert.equal(reasonOf(decodeProtobuf(empty, answers, JSON_LIMITS)), "tooManyTokens");
});

test("a message beyond the bytes that are read is too large", () => {
  const limits = { ...JSON_LIMITS, bytesMax: 3 };
  assert.equal(reasonOf(decodeProtobuf(bytesOf(0x1a, 1, 0x61), answers, limits)), "none");
  assert.equal(reasonOf(decodeProtobuf(bytesOf(0x1a, 1, 0x61, 8), answers, limits)), "tooLarge");
});

test("names of fields and keys of maps that objects have already are like any other", () => {
  const scalar = { kind: "scalar", scalar: "int32" } as const;
  const shapes: FieldShape[] = [
    { number: 1, name: "__proto__", type: scalar, holds: "plain" },
    { number: 2, name: "constructor", type: scalar, holds: "optional" },
    { number: 3, name: "map", type: { kind: "message", index: 1 }, holds: "map" },
  ];
  const entry: FieldShape[] = [
    { number: 1, name: "key", type: { kind: "scalar", scalar: "string" }, holds: "plain" },
    { number: 2, name: "value", type: scalar, holds: "plain" },
  ];
  const methods = [{ path: "/a/b", response: 0 }];
  const compiled = compileSchema({ methods, messages: [shapes, entry], enums: [] });
  const message = compiled.responses.get("/a/b");
  assert(message !== undefined);
  const key = Buffer.from("__proto__");
  const map = [0x1a, key.length + 4, 0x0a, key.length, ...key, 0x10, 7];
  const parsed = decodeProtobuf(bytesOf(8, 5, 0x10, 6, ...map), message, JSON_LIMITS);
  assert(parsed.kind === "json");
  assert.equal(
    JSON.stringify(parsed.value),
    '{"__proto__":5,"map":{"__proto__":7},"constructor":6}',
  );
});

test("any bytes are a message or a problem, in bounded time", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      decodeProtobuf(bytes, answers, JSON_LIMITS);
    }),
    { numRuns: 3000 },
  );
});

test("a message with bytes changed is read or refused, never a fault", () => {
  const rich = vectors.messages.filter(({ name }) => name.startsWith("random"));
  fc.assert(
    fc.property(fc.constantFrom(...rich), fc.nat(), fc.nat(255), ({ wire }, at, byte) => {
      const bytes = Buffer.from(wire, "base64");
      bytes[at % bytes.length] = byte;
      decodeProtobuf(bytes, answers, JSON_LIMITS);
    }),
    { numRuns: 3000 },
  );
});
