import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { inspect } from "../../sidecar/core/compare/inspect.ts";
import type { JsonValue } from "../../sidecar/core/compare/jsonValue.ts";
import { decodeUtf8, JSON_LIMITS, parseJson } from "../../sidecar/core/compare/parseJson.ts";
import { namesAtMost, scan } from "../../sidecar/core/compare/scan.ts";

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

const sameUtf8 = (bytes: Uint8Array): void => {
  const strict = new TextDecoder("utf-8", { fatal: true });
  const expected = ((): string | undefined => {
    try {
      return strict.decode(bytes);
    } catch {
      return undefined;
    }
  })();
  assert.equal(decodeUtf8(bytes), expected);
};

test("bytes are read as UTF-8 exactly where a strict decoder reads them", () => {
  const sequences = [
    [0x61],
    [0xc3, 0xa9],
    [0xef, 0xbf, 0xbd],
    [0xef, 0xbb, 0xbf],
    [0xed, 0xa0, 0x80],
  ];
  const broken = [[0xe9], [0xc0, 0x80], [0xf0, 0x9f, 0x98], [0xf0, 0x9f, 0x98, 0x80], [0xff]];
  const pieces = fc.array(fc.constantFrom(...sequences, ...broken), { maxLength: 6 });
  fc.assert(fc.property(pieces, (given) => sameUtf8(Uint8Array.from(given.flat()))));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 8 }), sameUtf8));
});

test("a parsed document has the depth, tokens and names of its text, whose colons tell no fewer names", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8 }), fc.nat(4), (given, blanks) => {
      const text = JSON.stringify(given, undefined, blanks);
      const value: JsonValue = JSON.parse(text);
      const { depth, tokens, names } = inspect(value);
      assert.deepEqual({ depth, tokens, names }, scan(encode(text)));
      assert.ok(namesAtMost(text) >= names);
    }),
  );
});

test("a name that occurs twice is found out whatever colons its texts and blanks hold", () => {
  const names = fc.array(fc.constantFrom("a", "b", 'c":', " :", "d :"), {
    minLength: 1,
    maxLength: 4,
  });
  const blank = fc.constantFrom("", " ", "\n\t");
  fc.assert(
    fc.property(names, blank, (given, between) => {
      const members = given.map(
        (name) => `${JSON.stringify(name)}${between}:${JSON.stringify(name)}`,
      );
      const expected = new Set(given).size === given.length ? undefined : "duplicateKey";
      assert.equal(reasonOf(encode(`{${members.join()}}`)), expected);
    }),
  );
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

test("limits hold for short documents too, which are parsed before they are counted", () => {
  const limits = { ...JSON_LIMITS, depthMax: 2, tokensMax: 8 };
  const reason = (text: string) => {
    const parsed = parseJson(encode(text), limits);
    return parsed.kind === "problem" ? parsed.reason : undefined;
  };
  assert.equal(reason('{"a":[1,2]}'), undefined);
  assert.equal(reason("[[[]]]"), "tooDeep");
  assert.equal(reason("[0,1,2,3,4,5,6]"), undefined);
  assert.equal(reason("[0,1,2,3,4,5,6,7]"), "tooManyTokens");
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
