import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Change, StoreError, type StoreErrorCode } from "../../sidecar/ports.ts";
import { openSqliteStore, type SavePoint } from "../../sidecar/stores/sqlite.ts";
import { planNamed, startOf, toggleOf } from "../support/storedChanges.ts";

const plan = planNamed("one");
const child = fileURLToPath(new URL("../support/storeChild.ts", import.meta.url));

function folderFor(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "understudy-sqlite-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A closed store with so many events. */
async function storeWith(context: TestContext, events: number): Promise<string> {
  const path = join(folderFor(context), "rollouts.db");
  const store = openSqliteStore(path);
  let change: Change = startOf(plan);
  for (let saved = 0; saved < events; saved += 1) {
    await store.save(change);
    change = toggleOf(plan, change.state, saved);
  }
  await store.close();
  return path;
}

function failsWith(code: StoreErrorCode, message: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof StoreError && error.code === code && message.test(error.message);
}

function edit(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

test("case 70: killed at any point of a save, the store holds what was confirmed or the change under way, once", (context) => {
  const points: readonly SavePoint[] = [
    "begun",
    "event-written",
    "state-written",
    "evidence-written",
    "committed",
  ];
  const path = join(folderFor(context), "rollouts.db");
  let confirmed = 0;
  for (const [index, point] of [...points, ...points].entries()) {
    const run = spawnSync(process.execPath, [child, path, point, String(index % 3)]);
    assert.equal(run.signal, "SIGKILL", run.stderr.toString());
    const lines = run.stdout.toString().trim().split("\n").filter(Boolean);
    confirmed = Math.max(confirmed, ...lines.map(Number));
    const database = new DatabaseSync(path);
    const found = Number(database.prepare("SELECT count(*) AS n FROM events").get()?.n);
    database.close();
    assert.ok(found === confirmed || found === confirmed + 1, `${point}: ${found} ${confirmed}`);
    confirmed = found;
  }
  assert.doesNotReject(openSqliteStore(path).load());
});

test("case 76: a second sidecar on the same file is refused, and told what to do", async (context) => {
  const path = await storeWith(context, 1);
  const store = openSqliteStore(path);
  assert.throws(() => openSqliteStore(path), failsWith("locked", /another sidecar/));
  const other = spawnSync(process.execPath, [child, path]);
  assert.match(other.stderr.toString(), /another sidecar/);
  await store.save(toggleOf(plan, startOf(plan).state, 1));
  await store.close();
});

test("the file and its log can be read by their owner alone", async (context) => {
  const path = join(folderFor(context), "rollouts.db");
  const store = openSqliteStore(path);
  await store.save(startOf(plan));
  const modes = [path, `${path}-wal`].map((file) => statSync(file).mode & 0o777);
  assert.deepEqual(modes, [0o600, 0o600]);
  await store.close();
  chmodSync(path, 0o644);
  await openSqliteStore(path).close();
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test("a symbolic link, or what is no file, is refused", async (context) => {
  const folder = folderFor(context);
  symlinkSync(join(folder, "elsewhere"), join(folder, "link.db"));
  symlinkSync(join(folder, "elsewhere"), join(folder, "log.db-wal"));
  assert.throws(() => openSqliteStore(join(folder, "link.db")), failsWith("unsafe", /link/));
  assert.throws(() => openSqliteStore(join(folder, "log.db")), failsWith("unsafe", /link/));
  assert.throws(() => openSqliteStore(folder), failsWith("unsafe", /not a regular file/));
});

test("a folder that is not there, and a file that is no database, are refused by name", (context) => {
  const folder = folderFor(context);
  const [absent, other] = [join(folder, "no", "x.db"), join(folder, "notes.db")];
  writeFileSync(other, "not a database, but long enough to look like one".repeat(100), {
    mode: 0o600,
  });
  assert.throws(() => openSqliteStore(absent), failsWith("unavailable", /no\/x\.db/));
  assert.throws(() => openSqliteStore(other), failsWith("broken", /notes\.db/));
});

test("another schema version is refused", async (context) => {
  const path = await storeWith(context, 1);
  edit(path, "PRAGMA user_version = 99");
  assert.throws(() => openSqliteStore(path), failsWith("broken", /version 99/));
});

const tampered: readonly { name: string; sql: string; expected: RegExp }[] = [
  {
    name: "an event's text",
    sql: `UPDATE events SET body = replace(body, 'said so', 'said no') WHERE sequence = 2`,
    expected: /at event 2: its checksum/,
  },
  {
    name: "an event's checksum",
    sql: "UPDATE events SET checksum = upper(checksum) WHERE sequence = 3",
    expected: /at event 3: its checksum/,
  },
  {
    name: "an event's rollout",
    sql: "UPDATE events SET rollout = 'two' WHERE sequence = 2",
    expected: /at event 2/,
  },
  {
    name: "a missing event",
    sql: "DELETE FROM events WHERE sequence = 2",
    expected: /at event 2: it is missing/,
  },
  {
    name: "a missing end of the log",
    sql: "DELETE FROM events WHERE sequence = 4",
    expected: /at event 4: the log should end with event 4/,
  },
  {
    name: "an altered state",
    sql: `UPDATE rollouts SET state = replace(state, '"stepIndex":0', '"stepIndex":1')`,
    expected: /state of one is not the replay/,
  },
  {
    name: "a state without events",
    sql: "INSERT INTO rollouts VALUES ('two', '{}')",
    expected: /two has a state or evidence but no events/,
  },
  { name: "a missing state", sql: "DELETE FROM rollouts", expected: /state of one/ },
  {
    name: "missing evidence",
    sql: "DELETE FROM evidence",
    expected: /evidence of one is missing/,
  },
  {
    name: "altered evidence",
    sql: `UPDATE evidence SET body = replace(body, '"pairs":', '"pairs":1')`,
    expected: /evidence of one does not match/,
  },
];

for (const { name, sql, expected } of tampered) {
  test(`case 74: ${name} is found at loading, and nothing is served of it`, async (context) => {
    const path = await storeWith(context, 4);
    edit(path, sql);
    const store = openSqliteStore(path);
    await assert.rejects(store.load(), failsWith("broken", expected));
    await store.close();
  });
}

test("case 74: truncated at any multiple of 512 bytes, the file is refused or loads as it was", async (context) => {
  const path = await storeWith(context, 12);
  const whole = readFileSync(path);
  const store = openSqliteStore(path);
  const expected = (await store.load()).get("one")?.state;
  await store.close();
  for (let bytes = 512; bytes < whole.length; bytes += 512) {
    writeFileSync(path, whole, { mode: 0o600 });
    truncateSync(path, bytes);
    assert.throws(() => openSqliteStore(path), failsWith("broken", /damaged|version/));
  }
  writeFileSync(path, whole);
  const again = openSqliteStore(path);
  assert.deepEqual((await again.load()).get("one")?.state, expected);
  await again.close();
});
