import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import type { Journal } from "../../sidecar/ports/journal.ts";
import { type Store, StoreError } from "../../sidecar/ports.ts";
import { createMemoryStore } from "../../sidecar/stores/memory.ts";
import { openSqliteStore } from "../../sidecar/stores/sqlite.ts";
import { planNamed, startOf, toggleOf } from "../support/storedChanges.ts";

function pathFor(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "understudy-journal-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "rollouts.db");
}

const journals: readonly { name: string; open: (context: TestContext) => Store & Journal }[] = [
  { name: "memory", open: () => createMemoryStore() },
  { name: "sqlite", open: (context) => openSqliteStore(pathFor(context)) },
];

/** Three events of two rollouts. */
async function saveThree(store: Store): Promise<void> {
  const one = startOf(planNamed("one"));
  await store.save(one);
  await store.save(startOf(planNamed("two")));
  await store.save(toggleOf(planNamed("one"), one.state, 1));
}

for (const { name, open } of journals) {
  test(`${name}: a new journal has no events and no cursors`, async (context) => {
    const store = open(context);
    assert.equal(await store.head(), 0);
    assert.deepEqual(await store.after(0, 10), []);
    assert.equal((await store.cursors("alerts")).size, 0);
    await store.close();
  });

  test(`${name}: events of all rollouts come in the order in which they were saved, from any number on`, async (context) => {
    const store = open(context);
    await saveThree(store);
    const told = (await store.after(0, 10)).map(({ sequence, rollout, event }) => [
      sequence,
      rollout,
      event.kind,
    ]);
    assert.deepEqual(told, [
      [1, "one", "started"],
      [2, "two", "started"],
      [3, "one", "paused"],
    ]);
    assert.equal(await store.head(), 3);
    assert.deepEqual(
      (await store.after(1, 1)).map(({ sequence }) => sequence),
      [2],
    );
    await store.close();
  });

  test(`${name}: an event has one id however often it is read, and no other has it, in this log or in another`, async (context) => {
    const [store, other] = [open(context), open(context)];
    await saveThree(store);
    await other.save(startOf(planNamed("three")));
    const ids = (await store.after(0, 10)).map(({ id }) => id);
    assert.deepEqual(
      (await store.after(0, 10)).map(({ id }) => id),
      ids,
    );
    const others = (await other.after(0, 10)).map(({ id }) => id);
    assert.equal(new Set([...ids, ...others]).size, 4);
    await store.close();
    await other.close();
  });

  test(`${name}: cursors that are saved take the place of all of that reader before`, async (context) => {
    const store = open(context);
    await store.saveCursors("alerts", new Map([["gone", 7]]));
    const cursors = new Map([
      ["pager", 3],
      ["chat", 0],
    ]);
    await store.saveCursors("alerts", cursors);
    cursors.set("pager", 9);
    await store.saveCursors("registry", new Map([["pager", 1]]));
    assert.deepEqual(Object.fromEntries(await store.cursors("alerts")), { pager: 3, chat: 0 });
    assert.deepEqual(Object.fromEntries(await store.cursors("registry")), { pager: 1 });
    await store.close();
    await assert.rejects(store.cursors("alerts"), StoreError);
  });
}

test("cursors survive the process", async (context) => {
  const path = pathFor(context);
  const store = openSqliteStore(path);
  await saveThree(store);
  await store.saveCursors("alerts", new Map([["pager", 2]]));
  await store.close();
  const again = openSqliteStore(path);
  assert.equal((await again.cursors("alerts")).get("pager"), 2);
  assert.equal((await again.load()).size, 2);
  await again.close();
});

test("a file from when only alerts had cursors is taken over with them", async (context) => {
  const path = pathFor(context);
  const store = openSqliteStore(path);
  await saveThree(store);
  await store.close();
  const database = new DatabaseSync(path);
  database.exec(
    "DROP TABLE cursors; CREATE TABLE cursors (target TEXT PRIMARY KEY, sequence INTEGER NOT NULL) STRICT; " +
      "INSERT INTO cursors VALUES ('pager', 2); PRAGMA user_version = 3",
  );
  database.close();
  const again = openSqliteStore(path);
  assert.equal((await again.load()).size, 2);
  assert.deepEqual(Object.fromEntries(await again.cursors("alerts")), { pager: 2 });
  await again.close();
});

test("a file from before there were cursors is taken over with all that is in it", async (context) => {
  const path = pathFor(context);
  const store = openSqliteStore(path);
  await saveThree(store);
  await store.close();
  const database = new DatabaseSync(path);
  database.exec("DROP TABLE cursors; PRAGMA user_version = 2");
  database.close();
  const again = openSqliteStore(path);
  assert.equal((await again.load()).size, 2);
  await again.saveCursors("alerts", new Map([["pager", 1]]));
  assert.equal((await again.cursors("alerts")).get("pager"), 1);
  await again.close();
});
