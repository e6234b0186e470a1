import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Worker } from "node:worker_threads";
import type { PredictionStore } from "../../sidecar/ports/predictions.ts";
import { openPredictions } from "../../sidecar/stores/predictionStatements.ts";
import { openPredictionStore, REQUESTS_MAX } from "../../sidecar/stores/predictions.ts";
import { PredictionTables, type WritePoint } from "../../sidecar/stores/predictionTables.ts";
import { openSqliteStore } from "../../sidecar/stores/sqlite.ts";
import { label, prediction, ROOMY } from "../support/predictions.ts";
import { smallDisk } from "../support/smallDisk.ts";

const child = fileURLToPath(new URL("../support/predictionsChild.ts", import.meta.url));

function folderFor(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "understudy-predictions-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** So many predictions of about 400 bytes each. */
function bulky(from: number, count: number) {
  return Array.from({ length: count }, (_, place) =>
    prediction(`r${from + place}`, { label: "x".repeat(250), atMs: from + place }),
  );
}

/** Fills the store until it refuses; what it refused with, and how many predictions were confirmed. */
async function fill(store: PredictionStore): Promise<{ error: unknown; stored: number }> {
  for (let stored = 0; ; stored += 100) {
    try {
      await store.recordPredictions(bulky(stored, 100));
    } catch (error) {
      return { error, stored };
    }
  }
}

test("killed at any point of a write, the store keeps what was confirmed and hands out no case twice", (context) => {
  const path = join(folderFor(context), "predictions.db");
  const points: readonly WritePoint[] = ["begun", "written", "committed"];
  const taken: string[] = [];
  let confirmed = 0;
  for (const [index, point] of [...points, ...points, ...points, ...points].entries()) {
    const run = spawnSync(process.execPath, [child, path, point, String(3 + (index % 4))]);
    assert.equal(run.signal, "SIGKILL", run.stderr.toString());
    const lines = run.stdout.toString().split("\n");
    taken.push(...lines.filter((line) => line.startsWith("taken ")));
    const recorded = lines.filter((line) => line.startsWith("recorded "));
    confirmed = Math.max(confirmed, ...recorded.map((line) => Number(line.split(" ")[1])));
    const database = openPredictions(path, ROOMY);
    const { cases } = new PredictionTables(database, ROOMY).counts();
    const rows = database.prepare("SELECT count(*) AS n FROM cases").get()?.n;
    database.close();
    assert.equal(cases, rows);
    assert.ok(cases === confirmed || cases === confirmed + 20, `${point}: ${cases} ${confirmed}`);
  }
  assert.ok(taken.length > 50, `${taken.length}`);
  assert.equal(new Set(taken).size, taken.length);
});

test("at its bound in bytes the store says that it is full, keeps what it has, and goes on once some expired", async (context) => {
  const path = join(folderFor(context), "predictions.db");
  const bounds = { ...ROOMY, bytesMax: 1 << 20 };
  const store = await openPredictionStore(path, bounds);
  const { error, stored } = await fill(store);
  assert.equal(error instanceof Error && "code" in error && error.code, "full");
  assert.ok(stored > 500, `${stored}`);
  const { cases, bytes } = await store.counts();
  assert.equal(cases, stored);
  assert.ok((bytes ?? Number.NaN) <= bounds.bytesMax);
  const joined = await store.recordLabels([label("r5", "short")], 5);
  assert.equal(joined.joined, 1);
  const limits = { casesBeforeMs: 200, labelsBeforeMs: 0, max: 1_000 };
  assert.equal((await store.expire(limits)).cases, 200);
  assert.equal((await store.recordPredictions(bulky(stored, 100))).stored, 100);
  await store.close();
});

test("on a full disk the store says so, and goes on once there is room", async (context) => {
  const disk = smallDisk(context, "512k");
  if (disk === undefined) {
    return;
  }
  const store = await openPredictionStore(join(disk.folder, "predictions.db"), ROOMY);
  const { error, stored } = await fill(store);
  assert.equal(error instanceof Error && "code" in error && error.code, "full");
  disk.grow("4m");
  assert.equal((await store.counts()).cases, stored);
  assert.equal((await store.recordPredictions(bulky(stored, 100))).stored, 100);
  await store.close();
});

test("a second sidecar on the same file is refused, and told what to do", async (context) => {
  const path = join(folderFor(context), "predictions.db");
  const store = await openPredictionStore(path, ROOMY);
  const refused = { code: "locked", message: /another sidecar/ };
  // POSIX locks keep out other processes; within one, SQLite keeps out other connections itself.
  await assert.rejects(openPredictionStore(path, ROOMY), refused);
  await store.recordPredictions([prediction("r1")]);
  await store.close();
  const again = await openPredictionStore(path, ROOMY);
  assert.equal((await again.counts()).cases, 1);
  await again.close();
});

test("a file of something else is refused by name", async (context) => {
  const folder = folderFor(context);
  const [other, notes] = [join(folder, "rollouts.db"), join(folder, "notes.db")];
  await openSqliteStore(other).close();
  writeFileSync(notes, "not a database, but long enough to look like one".repeat(100));
  await assert.rejects(openPredictionStore(other, ROOMY), {
    code: "broken",
    message: /rollouts\.db has schema version/,
  });
  await assert.rejects(openPredictionStore(notes, ROOMY), { code: "broken", message: /notes/ });
  const absent = join(folder, "no", "x.db");
  await assert.rejects(openPredictionStore(absent, ROOMY), {
    code: "unavailable",
    message: /x\.db/,
  });
});

test("a damaged file is told of, and does not end the process", async (context) => {
  const path = join(folderFor(context), "predictions.db");
  const store = await openPredictionStore(path, ROOMY);
  await store.recordPredictions(bulky(0, 2_000));
  await store.close();
  truncateSync(path, Math.floor(statSync(path).size / 2 / 4096) * 4096);
  const damaged = await openPredictionStore(path, ROOMY).catch((error: unknown) => error);
  assert.ok(damaged instanceof Error && "code" in damaged);
  assert.equal(damaged.code, "broken");
});

test("what the thread can't do at once waits, up to a bound", async (context) => {
  const path = join(folderFor(context), "predictions.db");
  const store = await openPredictionStore(path, ROOMY);
  const asked = Array.from({ length: REQUESTS_MAX + 5 }, (_, place) =>
    store.recordPredictions([prediction(`r${place}`)]),
  );
  const settled = await Promise.allSettled(asked);
  assert.equal(settled.filter(({ status }) => status === "rejected").length, 5);
  assert.equal((await store.counts()).cases, REQUESTS_MAX);
  await store.close();
});

test("closing waits for what was asked before", async (context) => {
  const path = join(folderFor(context), "predictions.db");
  const store = await openPredictionStore(path, ROOMY);
  const recorded = store.recordPredictions(bulky(0, 1_000));
  await store.close();
  assert.equal((await recorded).stored, 1_000);
});

test("when the thread ends, who waits is told, and the next request starts it again", async (context) => {
  const path = join(folderFor(context), "predictions.db");
  const threads: Worker[] = [];
  const note = (thread: Worker) => threads.push(thread);
  process.on("worker", note);
  context.after(() => process.off("worker", note));
  const store = await openPredictionStore(path, ROOMY);
  await store.recordPredictions([prediction("r1")]);
  const [first] = threads;
  assert.ok(first !== undefined);
  const ended = first.terminate();
  const refused = { code: "unavailable", message: /thread of the prediction store ended/ };
  await assert.rejects(store.recordPredictions(bulky(0, 5_000)), refused);
  await ended;
  const { stored, repeated } = await store.recordPredictions([prediction("r1"), prediction("new")]);
  assert.deepEqual([stored, repeated], [1, 1]);
  assert.equal(threads.length, 2);
  await store.close();
});
