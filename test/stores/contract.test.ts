import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Change, type Store, StoreError } from "../../sidecar/ports.ts";
import { createMemoryStore } from "../../sidecar/stores/memory.ts";
import { openSqliteStore } from "../../sidecar/stores/sqlite.ts";
import { planNamed, rollbackOf, startOf, toggleOf } from "../support/storedChanges.ts";

const stores: readonly { name: string; open: (context: TestContext) => Store }[] = [
  { name: "memory", open: () => createMemoryStore() },
  {
    name: "sqlite",
    open: (context) => {
      const folder = mkdtempSync(join(tmpdir(), "understudy-store-"));
      context.after(() => rmSync(folder, { recursive: true }));
      return openSqliteStore(join(folder, "rollouts.db"));
    },
  },
];

const plan = planNamed("one");

for (const { name, open } of stores) {
  test(`${name}: a new store holds nothing`, async (context) => {
    const store = open(context);
    assert.equal((await store.load()).size, 0);
    assert.deepEqual(await store.events("one"), []);
    await store.close();
  });

  test(`${name}: what was saved is loaded: plan, state, events and evidence`, async (context) => {
    const store = open(context);
    const started = startOf(plan);
    const paused = toggleOf(plan, started.state, 7);
    await store.save(started);
    await store.save(paused);
    const loaded = (await store.load()).get("one");
    assert.deepEqual(JSON.parse(JSON.stringify(loaded?.plan)), JSON.parse(JSON.stringify(plan)));
    assert.deepEqual(loaded?.state, paused.state);
    assert.deepEqual(loaded?.evidence, [paused.evidence]);
    const kinds = (await store.events("one")).map(({ kind }) => kind);
    assert.deepEqual(kinds, ["started", "paused"]);
    const page = async (before: number, max: number): Promise<(string | number)[][]> =>
      (await store.history("one", { before, max })).map(({ revision, event }) => [
        revision,
        event.kind,
      ]);
    assert.deepEqual(await page(9, 1), [[2, "paused"]]);
    assert.deepEqual(await page(9, 9), [
      [2, "paused"],
      [1, "started"],
    ]);
    assert.deepEqual(await page(2, 9), [[1, "started"]]);
    assert.deepEqual(await page(1, 9), []);
    assert.deepEqual(await store.history("other", { before: 9, max: 9 }), []);
    await store.close();
  });

  test(`${name}: a page of the history ends before it is too long, and the next goes on`, async (context) => {
    const store = open(context);
    const reason = "x".repeat(1 << 20);
    let change: Change = startOf(plan);
    await store.save(change);
    for (let index = 2; index <= 9; index += 1) {
      change = toggleOf(plan, change.state, index);
      await store.save({ ...change, events: change.events.map((event) => ({ ...event, reason })) });
    }
    const page = async (before: number): Promise<number[]> =>
      (await store.history("one", { before, max: 100 })).map(({ revision }) => revision);
    assert.deepEqual(await page(10), [9, 8, 7]);
    assert.deepEqual(await page(4), [3, 2, 1]);
    await store.close();
  });

  test(`${name}: a newer snapshot of the same source and epoch takes the place of the older`, async (context) => {
    const store = open(context);
    const started = startOf(plan);
    await store.save(started);
    const evidence = { ...started.evidence, evidence: { ...started.evidence.evidence, pairs: 3 } };
    await store.save({ ...started, events: [], evidence });
    await store.save({ ...started, events: [], evidence: { ...evidence, source: "other" } });
    const pairs = (await store.load()).get("one")?.evidence.map((each) => each.evidence.pairs);
    assert.deepEqual(pairs, [3, 3]);
    await store.close();
  });

  test(`${name}: a new rollout under a name goes on with its log and forgets the old evidence`, async (context) => {
    const store = open(context);
    const started = startOf(plan);
    const ended = rollbackOf(plan, started.state);
    const again = startOf({ ...plan, candidate: "v3" }, ended.state);
    for (const change of [started, ended, again]) {
      await store.save(change);
    }
    const loaded = (await store.load()).get("one");
    assert.equal(loaded?.plan.candidate, "v3");
    assert.deepEqual(loaded?.state, again.state);
    assert.deepEqual(loaded?.evidence, [again.evidence]);
    assert.equal((await store.events("one")).length, 3);
    await store.close();
  });

  test(`${name}: rollouts are kept apart`, async (context) => {
    const store = open(context);
    const [one, two] = [startOf(plan), startOf(planNamed("two"))];
    await store.save(one);
    await store.save(two);
    await store.save(toggleOf(plan, one.state, 1));
    const loaded = await store.load();
    assert.equal(loaded.get("one")?.state.phase, "paused");
    assert.deepEqual(loaded.get("two")?.state, two.state);
    await store.close();
  });

  test(`${name}: what was saved does not change with what the caller does later`, async (context) => {
    const store = open(context);
    const started = startOf(plan);
    const counts = { primary: 1, candidate: 1 };
    const evidence = { ...started.evidence.evidence, requests: counts };
    await store.save({ ...started, evidence: { ...started.evidence, evidence } });
    counts.primary = 99;
    const [snapshot] = (await store.load()).get("one")?.evidence ?? [];
    assert.equal(snapshot?.evidence.requests.primary, 1);
    await store.close();
  });

  test(`${name}: a closed store refuses with the code "unavailable"`, async (context) => {
    const store = open(context);
    await store.close();
    const isUnavailable = (error: unknown) =>
      error instanceof StoreError && error.code === "unavailable";
    await assert.rejects(store.load(), isUnavailable);
    await assert.rejects(store.save(startOf(plan)), isUnavailable);
    await assert.rejects(store.events("one"), isUnavailable);
  });
}
