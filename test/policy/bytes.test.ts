import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeAnswer, pathMatches } from "#policy";
import { understudy } from "#proto";

// Bytes are compared, looked through and copied eight at a time: each place in a word, and each way a text can end, is tried.

const EXACT = 1;
const lengths = Array.from({ length: 40 }, (_, i) => i + 1);
const words = "/abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

const contentTypeOf = (text: string): string =>
  understudy.v1.Answer.decode(encodeAnswer(200, 0, text, "", 0n, new Uint8Array(0), 0n))
    .contentType;

test("a path equals another only if every byte does", () => {
  for (const length of lengths) {
    const path = words.slice(0, length);
    assert.equal(pathMatches(EXACT, path, path), true);
    for (let at = 0; at < length; at++) {
      assert.equal(pathMatches(EXACT, path, `${path.slice(0, at)}~${path.slice(at + 1)}`), false);
    }
  }
});

test("a text of any length arrives as it was", () => {
  for (const length of Array.from({ length: 129 }, (_, i) => i)) {
    const text = words.repeat(3).slice(0, length);
    assert.equal(contentTypeOf(text), text.slice(0, 128));
  }
});

test("one byte beyond ASCII leaves a text out, wherever it stands", () => {
  for (const length of lengths) {
    for (let at = 0; at < length; at++) {
      const text = words.slice(0, length);
      assert.equal(contentTypeOf(`${text.slice(0, at)}\u00e9${text.slice(at + 1)}`), "");
    }
  }
});

for (const length of [127, 128, 129, 1000]) {
  test(`a body of ${length} bytes arrives as it was`, () => {
    const body = Uint8Array.from({ length }, (_, i) => i % 251);
    const bytes = encodeAnswer(200, 0, "", "", 0n, body, BigInt(length));
    assert.deepEqual(Buffer.from(understudy.v1.Answer.decode(bytes).body ?? []), Buffer.from(body));
  });
}
