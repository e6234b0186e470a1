import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { findBinaries } from "./binaries.ts";
import { type ControlPlane, startControlPlane } from "./controlPlane.ts";

/** What the tests of the mesh have in common. */
export type Rig = ControlPlane & {
  /** Creates or replaces objects. */
  readonly apply: (objects: readonly object[]) => Promise<void>;
};

const found = await findBinaries(process.env, (line) => process.stderr.write(`${line}\n`));
const folder = await mkdtemp(join(tmpdir(), "understudy-mesh-"));
const DEPLOY = fileURLToPath(new URL("../../deploy", import.meta.url));
const TEST_MS_MAX = 180_000;
let starting: Promise<Rig> | undefined;

after(async () => {
  await (await starting?.catch(() => undefined))?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Why there is no rig on this machine; false when there can be one. */
export const whyNot: string | false = "missing" in found ? found.missing : false;

/** The rig of all tests, started when it is first asked for. */
export function sharedRig(): Promise<Rig> {
  starting ??= startRig();
  return starting;
}

/** A test of the mesh, on one control plane for all of them; skipped, with the reason, where that can't be had. */
export function meshTest(
  name: string,
  body: (rig: Rig, context: TestContext) => Promise<void>,
): void {
  test(name, { skip: whyNot, timeout: TEST_MS_MAX }, async (context) => {
    await body(await sharedRig(), context);
  });
}

async function startRig(): Promise<Rig> {
  if ("missing" in found) {
    throw new Error(found.missing);
  }
  const plane = await startControlPlane(found.binaries, folder);
  await letIn(plane);
  return {
    ...plane,
    apply: async (objects) => {
      const file = join(folder, "objects.json");
      await writeFile(file, JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
      await plane.kubectl(["apply", "--server-side", "--force-conflicts", "-f", file]);
    },
  };
}

/** Defines Rollout objects, and lets the user `understudy` do what the manifests let the sidecar do: it becomes their service account. */
async function letIn({ kubectl, kubeconfig }: ControlPlane): Promise<void> {
  await kubectl(["apply", "-f", join(DEPLOY, "base/rollouts.yaml")]);
  const named = ["crd", "rollouts.understudy.dev", "--timeout=30s"];
  await kubectl(["wait", "--for=condition=Established", ...named]);
  for (const file of ["base", "example", "exampleGatewayApi"]) {
    await kubectl(["apply", "--namespace", "shop", "-f", join(DEPLOY, file, "access.yaml")]);
  }
  const account = ["understudy", "--namespace", "shop", "--duration", "10h"];
  const token = (await kubectl(["create", "token", ...account])).trim();
  const path = kubeconfig("understudy");
  const config = JSON.parse(await readFile(path, "utf8"));
  config.users = [{ name: "understudy", user: { token } }];
  await writeFile(path, JSON.stringify(config));
}
