import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Change, type Store, type StoredRollout, StoreError } from "../../sidecar/ports.ts";
import { openSqliteStore } from "../../sidecar/stores/sqlite.ts";
import { seeded } from "../support/random.ts";
import { smallDisk } from "../support/smallDisk.ts";
import { planNamed, startOf, toggleOf } from "../support/storedChanges.ts";

const plan = planNamed("one");
const child = fileURLToPath(new URL("../support/storeChild.ts", import.meta.url));

function folderFor(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "understudy-faults-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Loads the one rollout of the store at the path, or says with which code it refuses. */
async function loadOrRefuse(path: string): Promise<StoredRollout | string> {
  let store: Store | undefined;
  try {
    store = openSqliteStore(path);
    return (await store.load()).get("one") ?? "nothing";
  } catch (error) {
    return error instanceof StoreError ? error.code : String(error);
  } finally {
    await store?.close();
  }
}

test("case 74: with any one bit flipped, the file is refused or loads as it was, and never otherwise", async (context) => {
  const path = join(folderFor(context), "rollouts.db");
  const store = openSqliteStore(path);
  let change: Change = startOf(plan);
  for (let saved = 0; saved < 12; saved += 1) {
    await store.save(change);
    change = toggleOf(plan, change.state, saved);
  }
  await store.close();
  const expected = await loadOrRefuse(path);
  const whole = readFileSync(path);
  const random = seeded(74);
  const outcomes: unknown[] = [];
  for (let flips = 0; flips < 400; flips += 1) {
    const flipped = Buffer.from(whole);
    const at = Math.floor(random.next() * flipped.length);
    flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << Math.floor(random.next() * 8)), at);
    writeFileSync(path, flipped);
    outcomes.push(await loadOrRefuse(path));
  }
  const refused = outcomes.filter((outcome) => outcome === "broken" || outcome === "unavailable");
  const loaded = outcomes.filter((outcome) => typeof outcome === "object");
  assert.equal(refused.length + loaded.length, outcomes.length, outcomes.join());
  assert.ok(refused.length > 50, `${refused.length} refused`);
  for (const outcome of loaded) {
    assert.deepEqual(outcome, expected);
  }
});

test("case 72: on a full disk what was confirmed stays, and saving goes on once there is room", async (context) => {
  const disk = smallDisk(context, "256k");
  if (disk === undefined) {
    return;
  }
  const store = openSqliteStore(join(disk.folder, "rollouts.db"));
  let change: Change = startOf(plan);
  let confirmed = 0;
  const fill = async (): Promise<void> => {
    for (;;) {
      await store.save(change);
      confirmed = change.state.revision;
      change = toggleOf(plan, change.state, 1);
    }
  };
  await assert.rejects(fill(), { code: "full", message: /full/ });
  disk.grow("4m");
  const state = (await store.load()).get("one")?.state;
  assert.ok(state !== undefined && [confirmed, confirmed + 1].includes(state.revision));
  const next = toggleOf(plan, state, 2);
  await store.save(next);
  assert.deepEqual((await store.load()).get("one")?.state, next.state);
  await store.close();
});

test("case 73: when the disk stops syncing, what was confirmed is there, and what failed is looked up", (context) => {
  const path = join(folderFor(context), "rollouts.db");
  const fault = "inject=fsync,fdatasync:error=EIO:when=20+";
  const traced = ["-f", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", fault];
  const run = spawnSync("strace", [...traced, process.execPath, child, path], { timeout: 60_000 });
  if (run.status !== 0) {
    context.skip(`strace can't make a disk fail here: ${run.error ?? run.stderr}`);
    return;
  }
  const lines = run.stdout.toString().trim().split("\n");
  const confirmed = Number(lines.at(-2));
  assert.ok(confirmed > 0, run.stdout.toString());
  assert.match(lines.at(-1) ?? "", new RegExp(`^found (${confirmed}|${confirmed + 1})$`));
});
