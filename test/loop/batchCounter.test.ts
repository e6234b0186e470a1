import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Observation } from "../../sidecar/core/observation.ts";
import { BatchCounter } from "../../sidecar/loop/batchCounter.ts";
import type { Batch } from "../../sidecar/ports.ts";
import { observationWith } from "../support/evidence.ts";

type Log = { readonly said: string[]; readonly counts: Map<string, number> };

/** A counter of batches of these sizes, for which each observation takes a millisecond; and what it says in which order. */
function counterOf(
  sizes: readonly number[],
  observe: (observation: Observation, log: Log) => "pair" | undefined,
): { readonly counter: BatchCounter; readonly log: Log } {
  const log: Log = { said: [], counts: new Map() };
  const batches = sizes.map((size, batch): Batch => {
    const observations = Array.from({ length: size }, (_, index) =>
      observationWith({ requestId: `${batch}.${index}` }),
    );
    return { observations, bytes: size, counted: () => void log.said.push(`batch ${batch}`) };
  });
  let nowMs = 0;
  const counter = new BatchCounter({
    queue: { take: () => batches.shift() },
    observe: (observation) => {
      nowMs += 1;
      log.said.push(observation.requestId);
      return observe(observation, log);
    },
    mistake: (error) => void log.said.push(String(error)),
    steadyMs: () => nowMs,
    became: (outcome, count) => {
      log.counts.set(outcome, (log.counts.get(outcome) ?? 0) + count);
    },
  });
  return { counter, log };
}

const expectedOf = (sizes: readonly number[]): readonly string[] =>
  sizes.flatMap((size, batch) => [
    ...Array.from({ length: size }, (_, index) => `${batch}.${index}`),
    `batch ${batch}`,
  ]);

test("whatever the slices, observations are counted once and in order, and each batch is acknowledged after its last", () => {
  const sizes = fc.array(fc.nat(70), { maxLength: 6 });
  const budgets = fc.array(fc.nat(40), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(sizes, budgets, (given, spans) => {
      const { counter, log } = counterOf(given, () => "pair");
      for (const budgetMs of spans) {
        counter.drain(budgetMs);
      }
      assert.equal(counter.drain(Number.POSITIVE_INFINITY), false);
      assert.deepEqual(log.said, expectedOf(given));
      const total = given.reduce((sum, size) => sum + size, 0);
      assert.equal(log.counts.get("pair") ?? 0, total);
    }),
  );
});

test("a large batch gives way soon after its time is over, and goes on where it stopped", () => {
  const { counter, log } = counterOf([1000], () => "pair");
  assert.equal(counter.drain(20), true);
  const first = log.said.length;
  assert(first >= 20 && first <= 40, `${first} of 1000 in 20 ms of 1 ms each`);
  assert.equal(counter.drain(0), true);
  assert(log.said.length > first);
  assert.equal(log.said.at(-1), `0.${log.said.length - 1}`);
});

test("one that fails does not keep the others, and is counted as failed; one of no rollout as that", () => {
  const { counter, log } = counterOf([3], ({ requestId }) => {
    assert.notEqual(requestId, "0.1", "broken");
    return requestId === "0.0" ? "pair" : undefined;
  });
  counter.drain(Number.POSITIVE_INFINITY);
  assert.deepEqual(Object.fromEntries(log.counts), { pair: 1, "no-rollout": 1, failed: 1 });
  assert.equal(log.said.at(-1), "batch 0");
  assert.equal(log.said.filter((said) => said.includes("broken")).length, 1);
});
