import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { ModelVersion } from "../../sidecar/core/models/model.ts";
import { type Registry, RegistryError } from "../../sidecar/ports/registry.ts";
import { readContent } from "../../sidecar/registry/content.ts";
import { openEmbeddedRegistry } from "../../sidecar/registry/embedded.ts";
import { fastClock, manualClock } from "../support/clock.ts";
import { seeded } from "../support/random.ts";
import { embeddedIn, folderOf, registrationOf } from "../support/registries.ts";
import { smallDisk } from "../support/smallDisk.ts";

const child = fileURLToPath(new URL("../support/registryChild.ts", import.meta.url));
const signal = (): AbortSignal => AbortSignal.timeout(60_000);
const sha256 = (bytes: Buffer | string): string => createHash("sha256").update(bytes).digest("hex");

function start(folder: string, files: readonly string[]): ChildProcess {
  const args = [child, join(folder, "registry.db"), ...files];
  return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
}

/** Files with the texts, in a folder of the test's own. */
function filesOf(context: TestContext, texts: readonly string[]): readonly string[] {
  const folder = folderOf(context);
  return texts.map((text, index) => {
    const file = join(folder, `${index}.onnx`);
    writeFileSync(file, text);
    return file;
  });
}

async function versionsIn(folder: string): Promise<readonly ModelVersion[]> {
  const registry = embeddedIn(folder);
  const { versions } = await registry.read("risk", signal());
  await registry.close();
  return versions;
}

function isWhole({ location, sha256: name }: ModelVersion): boolean {
  return basename(location) === name && sha256(readFileSync(location)) === name;
}

test("several processes that register at once get versions without gaps, one for each content", async (context) => {
  const folder = folderOf(context);
  const files = filesOf(
    context,
    Array.from({ length: 12 }, (_, index) => `model ${index}`),
  );
  const children = [files, files.toReversed(), files.slice(4)].map((some) => start(folder, some));
  const ends = await Promise.all(children.map((one) => once(one, "exit")));
  assert.deepEqual(
    ends.map(([code]) => code),
    [0, 0, 0],
  );
  const versions = await versionsIn(folder);
  const numbers = versions.map(({ version }) => version).toReversed();
  assert.deepEqual(
    numbers,
    Array.from({ length: 12 }, (_, index) => index + 1),
  );
  assert.ok(versions.every(isWhole));
});

test("one process sees what another has changed, while both have the registry open", async (context) => {
  const folder = folderOf(context);
  const [one, other] = [embeddedIn(folder), embeddedIn(folder)];
  await one.register(registrationOf(context, "one"), signal());
  await other.setAlias({ model: "risk", alias: "champion", version: 1 }, signal());
  await one.mark({ model: "risk", version: 1, stage: "serving" }, signal());
  const { versions, aliases } = await other.read("risk", signal());
  assert.deepEqual([versions[0]?.stage, aliases.get("champion")], ["serving", 1]);
  await one.close();
  await other.close();
});

test("killed at any instant of registering, what is a version is whole, and registering goes on", async (context) => {
  const random = seeded(6);
  const texts = Array.from({ length: 40 }, (_, index) => `${index}`.repeat(200_000));
  const files = filesOf(context, texts);
  for (let round = 0; round < 8; round += 1) {
    const folder = folderOf(context);
    const killed = start(folder, files);
    const exited = once(killed, "exit");
    assert.ok(killed.stdout !== null);
    let told = "";
    killed.stdout.on("data", (piece) => {
      told += piece;
    });
    await once(killed.stdout, "data");
    await delay(random.next() * 100);
    killed.kill("SIGKILL");
    await exited;
    const versions = await versionsIn(folder);
    const confirmed = told.split("\n").slice(0, -1).length;
    assert.ok(versions.length === confirmed || versions.length === confirmed + 1);
    assert.ok(versions.every(isWhole));
    const [code] = await once(start(folder, files), "exit");
    assert.deepEqual([code, (await versionsIn(folder)).length], [0, files.length]);
  }
});

test("with any one bit flipped, the registry refuses what it reads or reads it as it was", async (context) => {
  const folder = folderOf(context);
  const registry = embeddedIn(folder);
  for (let index = 0; index < 5; index += 1) {
    await registry.register(registrationOf(context, `model ${index}`), signal());
  }
  await registry.close();
  const expected = await versionsIn(folder);
  const path = join(folder, "registry.db");
  const whole = readFileSync(path);
  const random = seeded(75);
  const outcomes: unknown[] = [];
  for (let flips = 0; flips < 300; flips += 1) {
    const flipped = Buffer.from(whole);
    const at = Math.floor(random.next() * flipped.length);
    flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << Math.floor(random.next() * 8)), at);
    writeFileSync(path, flipped);
    outcomes.push(
      await versionsIn(folder).catch((error: unknown) =>
        error instanceof RegistryError ? error.code : error,
      ),
    );
  }
  const refused = outcomes.filter((outcome) => outcome === "broken" || outcome === "failed");
  const read = outcomes.filter((outcome) => Array.isArray(outcome));
  assert.equal(refused.length + read.length, outcomes.length, outcomes.join());
  assert.ok(refused.length > 5, `${refused.length} refused`);
  for (const versions of read) {
    assert.deepEqual(versions, expected);
  }
});

test("on a full disk nothing becomes a version, and registering goes on once there is room", async (context) => {
  const disk = smallDisk(context, "1m");
  if (disk === undefined) {
    return;
  }
  const registry = embeddedIn(disk.folder);
  await registry.register(registrationOf(context, "small"), signal());
  const large = registrationOf(context, "x".repeat(2 << 20));
  await assert.rejects(registry.register(large, signal()), { code: "full" });
  assert.equal((await registry.read("risk", signal())).versions.length, 1);
  const parts = readdirSync(join(disk.folder, "registry.db.files")).filter((file) =>
    /part$/.test(file),
  );
  assert.deepEqual(parts, []);
  disk.grow("8m");
  assert.equal((await registry.register(large, signal())).version.version, 2);
  await registry.close();
});

test("a registry that is full takes no new content, and still answers for what it has", async (context) => {
  const path = join(folderOf(context), "registry.db");
  const registry = openEmbeddedRegistry({ path, clock: fastClock(1), versionsMax: 2 });
  for (const text of ["one", "two"]) {
    await registry.register(registrationOf(context, text), signal());
  }
  const third = registrationOf(context, "three", { model: "other" });
  await assert.rejects(registry.register(third, signal()), { code: "full" });
  const again = await registry.register(registrationOf(context, "one"), signal());
  assert.deepEqual([again.isNew, again.version.version], [false, 1]);
  await registry.close();
});

test("a version has at most 100 tags", async (context) => {
  const registry = embeddedIn(folderOf(context));
  await registry.register(registrationOf(context, "one"), signal());
  const tags = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`tag${index}`, ""]));
  await registry.mark({ model: "risk", version: 1, tags }, signal());
  const more = { model: "risk", version: 1, tags: { more: "" } };
  await assert.rejects(registry.mark(more, signal()), { code: "full" });
  await registry.mark({ ...more, tags: { tag7: "seven" } }, signal());
  await registry.close();
});

test("a file that is too long is refused, and the rest of it is not read", async (context) => {
  const { file } = registrationOf(context, "x".repeat(4 << 20));
  let taken = 0;
  const take = async (piece: Buffer): Promise<void> => {
    taken += piece.length;
  };
  const refused = readContent(file, signal(), { bytesMax: 1 << 20, take });
  await assert.rejects(refused, { code: "refused", message: /at most 1048576 bytes/ });
  assert.equal(taken, 1 << 20);
  const whole = await readContent(file, signal(), { bytesMax: 4 << 20 });
  assert.deepEqual(whole, { sha256: sha256(readFileSync(file)), bytes: 4 << 20 });
});

test("half a copy is removed once it is a day old", async (context) => {
  const folder = folderOf(context);
  const clock = manualClock(Date.now());
  const registry = openEmbeddedRegistry({ path: join(folder, "registry.db"), clock });
  await registry.register(registrationOf(context, "one"), signal());
  const part = join(folder, "registry.db.files", "half.part");
  writeFileSync(part, "half");
  await registry.register(registrationOf(context, "two"), signal());
  assert.ok(existsSync(part));
  clock.advance(25 * 3_600_000);
  await registry.register(registrationOf(context, "three"), signal());
  assert.ok(!existsSync(part));
  await registry.close();
});

test("while another process changes the registry, a change is refused as busy, and reading goes on", async (context) => {
  const folder = folderOf(context);
  const registry: Registry = embeddedIn(folder);
  await registry.register(registrationOf(context, "one"), signal());
  const { DatabaseSync } = await import("node:sqlite");
  const other = new DatabaseSync(join(folder, "registry.db"));
  other.exec("BEGIN IMMEDIATE");
  const naming = { model: "risk", alias: "champion", version: 1 };
  assert.equal((await registry.read("risk", signal())).versions.length, 1);
  await assert.rejects(registry.setAlias(naming, signal()), { code: "busy" });
  assert.equal((await registry.read("risk", signal())).versions.length, 1);
  other.exec("ROLLBACK");
  await registry.setAlias(naming, signal());
  other.close();
  await registry.close();
});
