import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { JSON_LIMITS, parseJson } from "../../sidecar/core/compare/parseJson.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const parse = (text: string) => parseJson(encode(text), JSON_LIMITS);
const reasonOf = (bytes: Uint8Array): string | undefined => {
  const parsed = parseJson(bytes, JSON_LIMITS);
  return parsed.kind === "problem" ? parsed.reason : undefined;
};

test("every document that JSON.stringify writes is read as it was", () => {
  const toDouble = (_name: string, value: unknown): unknown =>
    typeof value === "bigint" ? Number(value) : value;
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8 }), fc.nat(4), (given, blanks) => {
      const text = JSON.stringify(given, undefined, blanks);
      const { kind, value } = { value: undefined, ...parse(text) };
      assert.equal(kind, "json");
      assert.equal(JSON.stringify(value, toDouble), JSON.stringify(given));
    }),
  );
});

test("parsing never throws, whatever the bytes", () => {
  const text = fc.string({
    unit: fc.constantFrom(...'[]{}:,"\\0123456789.eE+-truefalsnu \n\ud800é'),
  });
  fc.assert(fc.property(fc.uint8Array(), (bytes) => void parseJson(bytes, JSON_LIMITS)));
  fc.assert(fc.property(text, (given) => void parse(given)));
});

const problems = [
  { name: "nothing", given: encode(""), expected: "invalidJson" },
  { name: "a cut document", given: encode('{"a":[1,2'), expected: "invalidJson" },
  { name: "a cut string", given: encode('"abc\\'), expected: "invalidJson" },
  { name: "two documents", given: encode("{}{}"), expected: "invalidJson" },
  { name: "NaN, as Python writes it", given: encode('{"score":NaN}'), expected: "invalidJson" },
  { name: "Infinity", given: encode("[-Infinity]"), expected: "invalidJson" },
  {
    name: "UTF-8 of a surrogate",
    given: Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22),
    expected: "invalidUtf8",
  },
  { name: "a cut UTF-8 sequence", given: Uint8Array.of(0x22, 0xc3, 0x22), expected: "invalidUtf8" },
  { name: "Latin-1", given: Uint8Array.of(0x22, 0xe9, 0x22), expected: "invalidUtf8" },
  { name: "UTF-16", given: Uint8Array.from(Buffer.from("{}", "utf16le")), expected: "invalidJson" },
  { name: "a name that occurs twice", given: encode('{"a":1,"a":1}'), expected: "duplicateKey" },
  {
    name: "a name that occurs twice, once escaped",
    given: encode('[{"a":1,"\\u0061":2}]'),
    expected: "duplicateKey",
  },
  {
    name: "__proto__ twice",
    given: encode('{"__proto__":1,"__proto__":2}'),
    expected: "duplicateKey",
  },
  { name: "1e400", given: encode("[0,1e400]"), expected: "numberRange" },
  { name: "-1e400", given: encode('{"a":{"b":-1e400}}'), expected: "numberRange" },
  { name: "400 digits", given: encode("9".repeat(400)), expected: "numberRange" },
];

for (const { name, given, expected } of problems) {
  test(`${name} is refused as ${expected}`, () => {
    assert.equal(reasonOf(given), expected);
  });
}

test("a byte order mark is skipped", () => {
  assert.deepEqual(parse('\ufeff{"a":1}'), { kind: "json", value: { a: 1 } });
});

test("a lone surrogate written as an escape is kept", () => {
  assert.deepEqual(parse('"\\ud800"'), { kind: "json", value: "\ud800" });
});

test("a whole number beyond 2^53 is kept exactly, other numbers as doubles", () => {
  assert.deepEqual(parse("[12345678901234567891,-9007199254740993,9007199254740991,1e20,0.1,-0]"), {
    kind: "json",
    value: [12345678901234567891n, -9007199254740993n, 9007199254740991, 1e20, 0.1, -0],
  });
});

test("colons and brackets inside strings and names are text", () => {
  const value = { 'a":"b': ":{[,]}\\", "\\": '\\":' };
  assert.deepEqual(parse(JSON.stringify(value)), { kind: "json", value });
});

test("42: 64 levels are read and 65 are refused", () => {
  const { depthMax } = JSON_LIMITS;
  const nested = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
  assert.equal(reasonOf(encode(nested(depthMax))), undefined);
  assert.equal(reasonOf(encode(nested(depthMax + 1))), "tooDeep");
  assert.equal(reasonOf(encode('{"a":'.repeat(100_000))), "tooDeep");
});

test("43: tokens are read up to the limit", () => {
  const { tokensMax } = JSON_LIMITS;
  const list = (tokens: number): string => `[${"0,".repeat(tokens - 2)}0]`;
  assert.equal(reasonOf(encode(list(tokensMax))), undefined);
  assert.equal(reasonOf(encode(list(tokensMax + 1))), "tooManyTokens");
});

test("43: a million names are refused before they are built", () => {
  const names = Array.from({ length: 70_000 }, (_, index) => `"${index}":0`);
  assert.equal(reasonOf(encode(`{${names.join()},${"[],".repeat(70_000)}}`)), "tooManyTokens");
});

test("bytes are read up to the limit", () => {
  const { bytesMax } = JSON_LIMITS;
  const text = (bytes: number): Uint8Array => encode(`"${"a".repeat(bytes - 2)}"`);
  assert.equal(reasonOf(text(bytesMax)), undefined);
  assert.equal(reasonOf(text(bytesMax + 1)), "tooLarge");
});
