import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { printDifferences } from "../../sidecar/cli/printDifferences.ts";
import { fastClock } from "../support/clock.ts";
import { wireAnswer, wireObservation } from "../support/fakeFilter.ts";
import { planText, startTestSidecar, type TestSidecar } from "../support/testSidecar.ts";
import { until } from "../support/until.ts";

type Pair = { readonly primary: unknown; readonly candidate: unknown };

function answer(value: unknown): ReturnType<typeof wireAnswer> {
  const body = Buffer.from(JSON.stringify(value));
  return wireAnswer({ body, bodyBytes: body.length });
}

/** A sidecar that has counted these pairs, again and again until they are evidence. */
async function sidecarWith(context: TestContext, pairs: readonly Pair[]): Promise<TestSidecar> {
  const sidecar = await startTestSidecar(context, { clock: fastClock(20) });
  const filter = sidecar.filter();
  await filter.ready();
  await sidecar.client.apply(planText());
  await until(
    async () => {
      const generation = filter.traffic.get("test")?.generation ?? 0;
      filter.observe(
        pairs.map(({ primary, candidate }) =>
          wireObservation({
            startUnixMs: Math.round(sidecar.clock.wallMs()),
            generation,
            answer: answer(primary),
            shadow: answer(candidate),
          }),
        ),
      );
      return Number((await sidecar.client.get("test")).pairs) >= pairs.length;
    },
    { deadlineMs: 20_000, what: "the pairs are counted" },
  );
  return sidecar;
}

test("differing pairs are told by place, redacted, with their request", async (context) => {
  const sidecar = await sidecarWith(context, [
    { primary: { score: 0.25, name: "Ann" }, candidate: { score: 0.5, name: "Eve Bell" } },
    { primary: { score: 1, name: "Ann" }, candidate: { score: 1, name: "Ann" } },
    { primary: { score: 0.25, name: "Ann" }, candidate: { score: 0.5, name: "Ann" } },
  ]);
  const told = await sidecar.client.differences("test");
  const [score, name] = told.places;
  assert.deepEqual([score?.path, score?.kind], ["$['score']", "value"]);
  assert.deepEqual([name?.path, name?.kind], ["$['name']", "value"]);
  const counts = [Number(told.pairs), Number(score?.count), Number(name?.count)];
  assert.deepEqual(
    counts.toSorted((a, b) => b - a),
    counts,
  );
  const text = printDifferences(told);
  assert.match(
    text,
    /^\$\['score'\] \(value\): \d+ of \d+ pairs\n {2}primary {2}candidate {2}began/,
  );
  assert.match(
    text,
    /\n {2}0\.25 {5}0\.5 {8}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z {2}[0-9a-f]{16}\n/,
  );
  assert.match(text, /\n {2}text of 3 {2}text of 8 {2}/);
  assert.doesNotMatch(text, /Ann|Eve|Bell/);
});

test("where nothing differs, that is said, and of how many pairs", async (context) => {
  const sidecar = await sidecarWith(context, [{ primary: [1], candidate: [1] }]);
  const text = printDifferences(await sidecar.client.differences("test"));
  assert.match(text, /^none of \d+ pairs differ$/);
  await assert.rejects(sidecar.client.differences("other"), /no rollout is named other/);
});
