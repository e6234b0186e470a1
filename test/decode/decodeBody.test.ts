import assert from "node:assert/strict";
import { test } from "node:test";
import {
  brotliCompressSync,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from "node:zlib";
import fc from "fast-check";
import {
  DECODE_LIMITS,
  type DecodedBody,
  decodeBody,
  RATIO_FREE_BYTES,
} from "../../sidecar/decode/decodeBody.ts";

const encoders = [
  { encoding: "gzip", encode: gzipSync },
  { encoding: "x-gzip", encode: gzipSync },
  { encoding: "deflate", encode: deflateSync },
  { encoding: "deflate", encode: deflateRawSync },
  { encoding: "br", encode: brotliCompressSync },
  { encoding: "zstd", encode: zstdCompressSync },
];
const plain = (bytes: Uint8Array): Uint8Array => bytes;
const texts = [
  { encoding: "", encode: plain },
  { encoding: "identity", encode: plain },
  { encoding: " GZip , identity", encode: gzipSync },
];

const hexOf = (decoded: DecodedBody): string =>
  decoded.kind === "bytes" ? Buffer.from(decoded.bytes).toString("hex") : decoded.reason;

for (const { encoding, encode } of [...encoders, ...texts]) {
  test(`what ${encode.name} wrote is read as it was by "${encoding}"`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        const decoded = decodeBody(encode(bytes), encoding);
        assert.equal(hexOf(decoded), Buffer.from(bytes).toString("hex"));
      }),
      { numRuns: 25 },
    );
  });
}

for (const { encoding, encode } of encoders) {
  const { bytesMax } = DECODE_LIMITS;
  const limits = { bytesMax, ratioMax: Number.MAX_SAFE_INTEGER };

  test(`28: ${encode.name} of 64 MiB in "${encoding}" is refused as a bomb`, () => {
    const bomb = encode(Buffer.alloc(64 * 2 ** 20));
    assert.deepEqual(decodeBody(bomb, encoding), { kind: "problem", reason: "encodingBomb" });
  });

  test(`${encode.name} in "${encoding}" is read up to the limit`, () => {
    const full = decodeBody(encode(Buffer.alloc(bytesMax)), encoding, limits);
    assert.equal(full.kind, "bytes");
    const over = decodeBody(encode(Buffer.alloc(bytesMax + 1)), encoding, limits);
    assert.deepEqual(over, { kind: "problem", reason: "encodingBomb" });
  });

  test(`${encode.name} in "${encoding}" may grow without a limit of ratio only while it is small`, () => {
    const strict = { bytesMax, ratioMax: 2 };
    assert.equal(
      decodeBody(encode(Buffer.alloc(RATIO_FREE_BYTES)), encoding, strict).kind,
      "bytes",
    );
    const over = decodeBody(encode(Buffer.alloc(RATIO_FREE_BYTES + 1)), encoding, strict);
    assert.deepEqual(over, { kind: "problem", reason: "encodingBomb" });
  });

  test(`${encode.name} in "${encoding}", cut short, is broken`, () => {
    const whole = encode(Buffer.from("a body that is long enough to be cut in the middle of it"));
    const cut = whole.subarray(0, whole.length - 12);
    assert.deepEqual(decodeBody(cut, encoding), { kind: "problem", reason: "encodingBroken" });
  });
}

const refused = [
  { name: "two layers", encoding: "gzip, br", expected: "encodingLayers" },
  { name: "the same layer twice", encoding: "gzip,gzip", expected: "encodingLayers" },
  { name: "an encoding that nobody knows", encoding: "compress", expected: "encodingUnknown" },
  { name: "a name of Object.prototype", encoding: "constructor", expected: "encodingUnknown" },
  { name: "45: plain text that says gzip", encoding: "gzip", expected: "encodingBroken" },
  { name: "45: plain text that says zstd", encoding: "zstd", expected: "encodingBroken" },
];

for (const { name, encoding, expected } of refused) {
  test(`${name} is refused as ${expected}`, () => {
    const decoded = decodeBody(Buffer.from("PK\u0003\u0004 no such thing"), encoding);
    assert.deepEqual(decoded, { kind: "problem", reason: expected });
  });
}

test("45: only one layer is undone, whatever is inside", () => {
  const inner = gzipSync("text");
  assert.equal(hexOf(decodeBody(gzipSync(inner), "gzip")), inner.toString("hex"));
});

test("an empty body is empty in every encoding", () => {
  assert.equal(hexOf(decodeBody(new Uint8Array(), "gzip")), "");
});

test("decoding never throws, whatever the bytes and encodings", () => {
  const encoding = fc.constantFrom("gzip", "deflate", "br", "zstd", "x", ",", "br,br");
  fc.assert(
    fc.property(fc.uint8Array(), encoding, (bytes, name) => {
      assert.ok(["bytes", "problem"].includes(decodeBody(bytes, name).kind));
    }),
  );
});
