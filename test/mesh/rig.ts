import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { findBinaries } from "./binaries.ts";
import { type ControlPlane, startControlPlane } from "./controlPlane.ts";

/** What the tests of the mesh have in common. */
export type Rig = ControlPlane & {
  /** Creates or replaces objects. */
  readonly apply: (objects: readonly object[]) => Promise<void>;
};

const found = await findBinaries(process.env, (line) => process.stderr.write(`${line}\n`));
const folder = await mkdtemp(join(tmpdir(), "understudy-mesh-"));
let starting: Promise<Rig> | undefined;

after(async () => {
  await (await starting?.catch(() => undefined))?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A test of the mesh, on one control plane for all of them; skipped, with the reason, where that can't be had. */
export function meshTest(
  name: string,
  body: (rig: Rig, context: TestContext) => Promise<void>,
): void {
  const skip = "missing" in found ? found.missing : false;
  test(name, { skip, timeout: 180_000 }, async (context) => {
    starting ??= startRig();
    await body(await starting, context);
  });
}

async function startRig(): Promise<Rig> {
  if ("missing" in found) {
    throw new Error(found.missing);
  }
  const plane = await startControlPlane(found.binaries, folder);
  return {
    ...plane,
    apply: async (objects) => {
      const file = join(folder, "objects.json");
      await writeFile(file, JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
      await plane.kubectl(["apply", "--server-side", "--force-conflicts", "-f", file]);
    },
  };
}
