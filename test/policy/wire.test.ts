import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  backoffMs,
  encodeAnswer,
  encodeObservation,
  failureOfCall,
  failureOfShadow,
  failureOfUser,
  readSidecarMessage,
  trafficRefusal,
} from "#policy";
import { understudy } from "#proto";

const { Answer, Observation, SidecarMessage } = understudy.v1;
const ascii = fc.string({ maxLength: 32 });
const bytes = fc.uint8Array({ maxLength: 2000 });
const count = fc.integer({ min: 0, max: 2 ** 31 - 1 });

test("an answer is read as it was written", () => {
  const status = fc.integer({ min: 0, max: 599 });
  const failure = fc.integer({ min: 0, max: 3 });
  fc.assert(
    fc.property(status, failure, ascii, ascii, count, bytes, count, (...given) => {
      const [code, why, type, encoding, latencyUs, body, more] = given;
      const whole = body.length + more;
      const wire = encodeAnswer(code, why, type, encoding, BigInt(latencyUs), body, BigInt(whole));
      const read = Answer.decode(wire);
      assert.deepEqual(
        [read.status, read.failure, read.contentType, read.contentEncoding],
        [code, why, type, encoding],
      );
      assert.equal(Number(read.latencyUs), latencyUs);
      assert.deepEqual(Buffer.from(read.body), Buffer.from(body));
      assert.equal(Number(read.bodyBytes), whole);
      assert.equal(read.truncated, more > 0);
    }),
  );
});

test("an observation is read as it was written", () => {
  const hash = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  const served = fc.constantFrom(1, 2);
  const flags = fc.tuple(fc.boolean(), fc.boolean());
  fc.assert(
    fc.property(count, ascii, hash, ascii, served, flags, bytes, (...given) => {
      const [number, id, subject, path, variant, [overridden, shadowed], body] = given;
      const at = BigInt(number);
      const wire = encodeObservation(
        number,
        id,
        subject,
        at,
        path,
        at,
        variant,
        overridden,
        body,
        shadowed,
        body,
      );
      const read = Observation.decode(wire);
      assert.deepEqual(
        [read.rollout, read.requestId, read.path, read.served, read.overridden],
        [number, id, path, variant, overridden],
      );
      assert.equal(Buffer.from(read.subject).readBigUInt64BE(), subject);
      assert.equal(Number(read.startUnixMs), number);
      assert.equal(Number(read.generation), number);
      assert.deepEqual(Buffer.from(read.answer?.body ?? []), Buffer.from(body));
      assert.equal(read.shadow != null, shadowed);
    }),
  );
});

test("traffic of the sidecar is read as it was written", () => {
  const share = fc.integer({ min: 0, max: 10_000 });
  const values = fc.record({
    generation: count,
    candidateBp: share,
    shadowBp: share,
    shadowPrimary: fc.boolean(),
    primaryVersion: fc.constantFrom("", "v1"),
    candidateVersion: fc.constantFrom("", "v2"),
    requestTimeoutMs: count,
  });
  fc.assert(
    fc.property(values, (given) => {
      const wire = SidecarMessage.encode({ traffic: { rollout: "r", ...given } }).finish();
      const { generation, candidateBp, shadowBp, requestTimeoutMs } = given;
      const whom = given.shadowPrimary ? "both" : "candidate";
      const shares = `${candidateBp} ${shadowBp} ${whom}`;
      const names = `"${given.primaryVersion}" "${given.candidateVersion}"`;
      const expected = `traffic r ${generation} ${shares} ${requestTimeoutMs} ${names}`;
      assert.equal(readSidecarMessage(wire), expected);
    }),
  );
});

test("limits and acknowledgements are read as they were written", () => {
  const limits = { messageBytesMax: 262_144, creditBytes: 1_000_000 };
  const ack = { sequence: 7, creditBytes: 3 };
  assert.equal(
    readSidecarMessage(SidecarMessage.encode({ limits }).finish()),
    "limits 262144 1000000",
  );
  assert.equal(readSidecarMessage(SidecarMessage.encode({ ack }).finish()), "ack 7 3");
});

const malformed: { name: string; given: number[] }[] = [
  { name: "a length beyond the end", given: [0x12, 0x05, 0x0a] },
  { name: "a varint of eleven bytes", given: [0x08, ...Array(10).fill(0xff), 0x01] },
  { name: "a group", given: [0x0b, 0x0c] },
  { name: "field 0", given: [0x02, 0x00] },
  { name: "traffic of the wrong wire type", given: [0x10, 0x01] },
  { name: "a name that is no ASCII", given: [0x12, 0x03, 0x0a, 0x01, 0xff] },
  { name: "a cut fixed field", given: [0x29, 0x01] },
];

for (const { name, given } of malformed) {
  test(`a message with ${name} is malformed`, () => {
    assert.equal(readSidecarMessage(Uint8Array.from(given)), "malformed");
  });
}

test("a message of a later contract is passed over", () => {
  assert.equal(readSidecarMessage(Uint8Array.from([0x22, 0x01, 0x61])), "unknown");
  assert.equal(readSidecarMessage(new Uint8Array(0)), "unknown");
});

test("any bytes are a message or malformed, never a trap", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (given) => {
      assert.match(readSidecarMessage(given), /^(limits|traffic|ack|malformed|unknown)/);
    }),
  );
});

const refusals: { name: string; next: [bigint, number, number, number]; expected: string }[] = [
  { name: "a later generation", next: [6n, 1, 2, 1000], expected: "" },
  { name: "the same again", next: [5n, 100, 0, 1000], expected: "" },
  { name: "an earlier one", next: [4n, 100, 0, 1000], expected: "generation: 4: at least 5" },
  {
    name: "the same with other values",
    next: [5n, 101, 0, 1000],
    expected: "generation: 5: in force with other values",
  },
  {
    name: "a weight above all",
    next: [6n, 10_001, 0, 1000],
    expected: "candidate_bp: 10001: at most 10000",
  },
  {
    name: "a shadow above all",
    next: [6n, 0, 10_001, 1000],
    expected: "shadow_bp: 10001: at most 10000",
  },
  {
    name: "the same with another timeout",
    next: [5n, 100, 0, 2000],
    expected: "generation: 5: in force with other values",
  },
  {
    name: "a timeout above ten minutes",
    next: [6n, 0, 0, 600_001],
    expected: "request_timeout_ms: 600001: at most 600000",
  },
];

for (const { name, next, expected } of refusals) {
  test(`traffic with ${name} after generation 5 is answered "${expected}"`, () => {
    assert.equal(trafficRefusal(5n, 100, ...next), expected);
  });
}

const TIMEOUT = 1;
const UNREACHABLE = 2;
const RESET = 3;
const connect = "upstream connect error or disconnect/reset before headers. reset reason: overflow";

test("Envoy's own answers to a shadow are failures, and the variant's are not", () => {
  assert.equal(failureOfShadow(504, 3, "upstream request timeout"), TIMEOUT);
  assert.equal(failureOfShadow(503, 3, connect), UNREACHABLE);
  assert.equal(failureOfShadow(503, 3, "no healthy upstream"), UNREACHABLE);
  assert.equal(failureOfShadow(503, 4, connect), 0);
  assert.equal(failureOfShadow(503, 3, "model not loaded"), 0);
  assert.equal(failureOfShadow(200, 3, "no healthy upstream"), 0);
});

test("Envoy's own answers to a copied call in gRPC are failures, and the variant's are not", () => {
  assert.equal(failureOfCall(4, "upstream request timeout"), TIMEOUT);
  assert.equal(failureOfCall(4, connect), UNREACHABLE);
  assert.equal(failureOfCall(4, "no healthy upstream"), UNREACHABLE);
  assert.equal(failureOfCall(5, connect), 0);
  assert.equal(failureOfCall(4, "model not loaded"), 0);
});

test("Envoy's details of a user's answer say who made it", () => {
  assert.equal(failureOfUser("via_upstream"), 0);
  assert.equal(failureOfUser("direct_response"), 0);
  assert.equal(failureOfUser("response_timeout"), TIMEOUT);
  assert.equal(failureOfUser("upstream_per_try_timeout"), TIMEOUT);
  assert.equal(failureOfUser("no_healthy_upstream"), UNREACHABLE);
  assert.equal(failureOfUser("upstream_reset_before_response_started{overflow}"), UNREACHABLE);
  assert.equal(failureOfUser("upstream_reset_after_response_started{x}"), RESET);
});

test("the wait before connecting again grows to five seconds and no further", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      (n, random) => {
        const wait = backoffMs(n, random);
        const longest = Math.min(5000, 100 * 2 ** Math.min(n - 1, 10));
        assert.ok(wait >= 50n && wait < BigInt(50 + longest), `${wait}`);
      },
    ),
  );
});
