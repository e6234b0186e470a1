import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { understudy } from "#proto";
import { encodeLayer } from "../../sidecar/xds/otherMessages.ts";
import { splitOf } from "../../sidecar/xds/split.ts";

const NAMES = ["v4", "v3", "v2", "v1"];
const rollout = {
  name: "risk",
  versions: NAMES.map((name) => ({ name, cluster: `cluster-${name}` })),
  before: "v1",
};

type Fractions = ReadonlyMap<string, number>;

/** The keys of a layer that has this one rollout, with what they are of 10,000. */
function fractionsOf(wanted: Parameters<typeof splitOf>[1]): Fractions {
  const bytes = encodeLayer("layer", new Map([["risk", splitOf(rollout, wanted)]]));
  const fields = understudy.xds.Runtime.decode(bytes).layer?.fields ?? {};
  return new Map(
    Object.entries(fields).map(([key, value]) => {
      const { numerator, denominator } = value.structValue?.fields ?? {};
      assert.equal(denominator?.stringValue, "TEN_THOUSAND");
      return [key, numerator?.numberValue ?? -1];
    }),
  );
}

/** Which version's route takes a request that drew the number: Envoy asks each in turn, all with the same number. */
function takenBy(fractions: Fractions, drawn: number): string | undefined {
  return NAMES.find((name) => drawn < (fractions.get(`understudy.risk.${name}`) ?? 0));
}

const traffic = { generation: 1, shadowBp: 0, shadowPrimary: false };

test("routes in the order of versions get exactly their shares, whichever versions they are", () => {
  const two = fc.shuffledSubarray(NAMES, { minLength: 2, maxLength: 2 });
  fc.assert(
    fc.property(two, fc.integer({ min: 0, max: 10_000 }), (variants, candidateBp) => {
      const [primary = "", candidate = ""] = variants;
      const target = { rollout: "risk", primary, candidate, requestTimeoutMs: 1_000 };
      const fractions = fractionsOf({ target, traffic: { ...traffic, candidateBp } });
      const taken = Array.from({ length: 10_000 }, (_, drawn) => takenBy(fractions, drawn));
      assert.equal(taken.filter((name) => name === candidate).length, candidateBp);
      assert.equal(taken.filter((name) => name === primary).length, 10_000 - candidateBp);
    }),
    { numRuns: 50 },
  );
});

test("before there is a rollout the version that is named for that takes all", () => {
  assert.deepEqual(
    [...fractionsOf(undefined)].filter(([, fraction]) => fraction > 0),
    [["understudy.risk.v1", 10_000]],
  );
});

test("copies have a key of their own, above zero for the candidate alone, and while it answers nobody", () => {
  const target = { rollout: "risk", primary: "v1", candidate: "v2", requestTimeoutMs: 1_000 };
  const shadowsAt = (candidateBp: number) =>
    [...fractionsOf({ target, traffic: { ...traffic, candidateBp, shadowBp: 2_500 } })].filter(
      ([key, fraction]) => key.endsWith(".shadow") && fraction > 0,
    );
  assert.deepEqual(shadowsAt(0), [["understudy.risk.v2.shadow", 2_500]]);
  assert.deepEqual(shadowsAt(1), []);
});
