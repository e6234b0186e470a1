import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Command } from "../../sidecar/core/rollout/command.ts";
import { type RolloutView, StoreError } from "../../sidecar/ports.ts";
import { FlakyStore } from "../support/flaky.ts";
import { LoopHarness, quickPlan } from "../support/loopHarness.ts";

const WISHES: readonly ("start" | Command["kind"])[] = [
  ...(["start", "pause", "resume", "rollback", "delete"] as const),
  ...(["start", "promote", "delete"] as const),
];

/** Asks once, under the wish's own key, and turns the loop; what came of it. */
async function ask(harness: LoopHarness, index: number): Promise<RolloutView | Error> {
  const wish = WISHES[index] ?? "start";
  const key = { text: `key-${index}`, digest: wish };
  const { loop } = harness;
  const asked =
    wish === "start"
      ? loop.start(quickPlan, "test", { key })
      : loop.command("test", { kind: wish, by: "test", reason: "", key }, undefined);
  const answer = asked.catch((error: Error) => error);
  await new Promise(setImmediate);
  await harness.turn(20_000);
  return answer;
}

/** Asks until it is answered, as a caller who retries does; a second time after that, as one who lost the answer does. */
async function askUntilDone(harness: LoopHarness, index: number): Promise<RolloutView> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const answer = await ask(harness, index);
    if (!(answer instanceof Error)) {
      return answer;
    }
  }
  return assert.fail(`request ${index} is never answered`);
}

test("requests with keys that are retried through a failing store and restarts are each done once", async () => {
  const chances = fc.array(fc.boolean(), { minLength: 1, maxLength: 100 });
  const restarts = fc.array(fc.boolean(), { maxLength: WISHES.length });
  await fc.assert(
    fc.asyncProperty(chances, restarts, async (fails, restarted) => {
      let calls = 0;
      let isSpared = false;
      const store = new FlakyStore(() => {
        calls += isSpared ? 0 : 1;
        return !isSpared && fails[calls] === true;
      });
      const harness = new LoopHarness({ store });
      for (const index of WISHES.keys()) {
        await askUntilDone(harness, index);
        isSpared = true;
        await (restarted[index] === true && harness.restart());
        isSpared = false;
        await askUntilDone(harness, index);
      }
      const log = await store.durable.events("test");
      const keys = log.flatMap((event) =>
        "cause" in event && event.cause.kind === "command" ? [event.cause.key?.text] : [],
      );
      assert.deepEqual(
        keys,
        [...WISHES.keys()].map((index) => `key-${index}`),
      );
    }),
    { numRuns: 30 },
  );
});

test("a page of the history is of the revisions that were asked for, and says when the store can't be read", async () => {
  let isAway = false;
  const harness = new LoopHarness({ store: new FlakyStore(() => isAway) });
  for (const index of WISHES.keys()) {
    await askUntilDone(harness, index);
  }
  const { loop } = harness;
  const revisionsOf = async (page: { before: number; max: number }): Promise<number[]> =>
    (await loop.history("test", page)).map(({ revision }) => revision);
  const none = Number.MAX_SAFE_INTEGER;
  assert.deepEqual(await revisionsOf({ before: none, max: 100 }), [8, 7, 6, 5, 4, 3, 2, 1]);
  assert.deepEqual(await revisionsOf({ before: none, max: 3 }), [8, 7, 6]);
  assert.deepEqual(await revisionsOf({ before: 6, max: 3 }), [5, 4, 3]);
  assert.deepEqual(await revisionsOf({ before: 3, max: 3 }), [2, 1]);
  assert.deepEqual(await revisionsOf({ before: 1, max: 3 }), []);
  const kinds = (await loop.history("test", { before: 4, max: 2 })).map(({ event }) => event.kind);
  assert.deepEqual(kinds, ["resumed", "paused"]);
  await assert.rejects(loop.history("other", { before: none, max: 1 }), { code: "unknown" });
  isAway = true;
  await assert.rejects(loop.history("test", { before: none, max: 1 }), (error: Error) => {
    assert.ok(error.cause instanceof StoreError);
    return "code" in error && error.code === "unavailable";
  });
});
