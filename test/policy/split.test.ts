import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { bucketOf, hashOf, sipHashOf, variantOf } from "#policy";

type Vectors = {
  readonly hashes: readonly { key: string; message: string; hash: string }[];
  readonly splits: readonly { salt: string; key: string; hash: string; bucket: number }[];
};

const file = new URL("../vectors/siphash.json", import.meta.url);
const vectors: Vectors = JSON.parse(readFileSync(file, "utf8"));
const CANDIDATE = 2;

test("the hash is SipHash-2-4, as OpenSSL computes it", () => {
  for (const { key, message, hash } of vectors.hashes) {
    const bytes = Buffer.from(key, "hex");
    const k0 = bytes.readBigUInt64LE(0);
    const k1 = bytes.readBigUInt64LE(8);
    const actual = BigInt.asUintN(64, sipHashOf(k0, k1, Buffer.from(message, "hex")));
    assert.equal(actual.toString(), hash, `message of ${message.length / 2} bytes`);
  }
});

test("the key comes from the salt, and the bucket from the hash", () => {
  for (const { salt, key, hash, bucket } of vectors.splits) {
    assert.equal(BigInt.asUintN(64, hashOf(salt, key)).toString(), hash);
    assert.equal(bucketOf(salt, key), bucket);
  }
});

test("the share of users on the candidate is its weight", () => {
  const users = 20_000;
  for (const weightBp of [0, 500, 2500, 5000, 10_000]) {
    let candidates = 0;
    for (let user = 0; user < users; user++) {
      candidates += Number(
        variantOf(bucketOf("some salt", `user-${user}`), weightBp) === CANDIDATE,
      );
    }
    const expected = (users * weightBp) / 10_000;
    const deviation = Math.sqrt((expected * (10_000 - weightBp)) / 10_000);
    assert.ok(Math.abs(candidates - expected) <= 4.5 * deviation, `${weightBp}: ${candidates}`);
  }
});

test("a user on the candidate stays there at every greater weight", () => {
  const weight = fc.integer({ min: 0, max: 10_000 });
  fc.assert(
    fc.property(fc.string({ minLength: 8 }), fc.string(), weight, weight, (salt, key, a, b) => {
      const bucket = bucketOf(salt, key);
      const lower = variantOf(bucket, Math.min(a, b));
      const higher = variantOf(bucket, Math.max(a, b));
      assert.ok(lower <= higher);
    }),
  );
});

test("nobody is on the candidate at weight 0, and everybody at 10,000", () => {
  fc.assert(
    fc.property(fc.string(), (key) => {
      const bucket = bucketOf("salt and pepper", key);
      assert.ok(bucket >= 0 && bucket < 10_000);
      assert.equal(variantOf(bucket, 0), 1);
      assert.equal(variantOf(bucket, 10_000), CANDIDATE);
    }),
  );
});

test("only the first 1,024 bytes of a key count", () => {
  const long = "k".repeat(1024);
  assert.equal(hashOf("some salt", `${long}a`), hashOf("some salt", `${long}b`));
  assert.notEqual(
    hashOf("some salt", `${long.slice(1)}a`),
    hashOf("some salt", `${long.slice(1)}b`),
  );
});
