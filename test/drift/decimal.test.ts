import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseDecimal, readPlainDecimal } from "../../sidecar/core/drift/decimal.ts";

const plain = /^-?(\d+\.?\d*|\.\d+)$/;

test("a plain decimal number is the double that Number has, and is read as far as it goes", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.stringMatching(/^-?\d{0,9}\.?\d{0,9}$/),
        fc.double().map(String),
        fc.string({ maxLength: 8 }),
      ),
      fc.constantFrom("", ",", "\n", "x"),
      (text, around) => {
        const at = { index: around.length };
        const found = readPlainDecimal(Buffer.from(`${around}${text}${around}`, "latin1"), at);
        const [read = ""] = /^-?(\d+\.?\d*|\.\d*)?/.exec(text) ?? [];
        const digits = read.replace(/\D/g, "").length;
        const expected = plain.test(read) && digits <= 15 ? Number(read) : Number.NaN;
        assert.ok(Object.is(found, expected), `${text}: ${found}`);
        assert.equal(at.index, around.length + read.length);
      },
    ),
    { numRuns: 3_000 },
  );
});

test("hexadecimal numbers, blanks and infinities are no decimal numbers", () => {
  for (const text of [
    "",
    " ",
    "0x10",
    "0b1",
    "0O7",
    "Infinity",
    "-Infinity",
    "1_0",
    "NaN",
    "+-1",
  ]) {
    assert.ok(Number.isNaN(parseDecimal(text)), text);
  }
  for (const text of ["1e5", "-.5", "+7", "5.", "1E-3 "]) {
    assert.equal(parseDecimal(text), Number(text));
  }
});
