import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

/** A disk of its own for a test, as large as tmpfs takes it ("256k"), which is gone at the test's end. */
export type SmallDisk = {
  readonly folder: string;
  /** Makes it so large. */
  readonly grow: (size: string) => void;
};

/** Mounts one; undefined, and the test skipped with the reason, where nothing can be mounted. */
export function smallDisk(context: TestContext, size: string): SmallDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), "understudy-disk-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder]);
  context.after(() => {
    spawnSync("umount", ["-l", folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  if (mounted.status !== 0) {
    context.skip(`no small disk can be mounted here: ${mounted.stderr}`);
    return undefined;
  }
  return { folder, grow: (to) => spawnSync("mount", ["-o", `remount,size=${to}`, folder]) };
}
