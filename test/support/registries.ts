import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { ModelVersion } from "../../sidecar/core/models/model.ts";
import type { Registration, Registry } from "../../sidecar/ports/registry.ts";
import { openEmbeddedRegistry } from "../../sidecar/registry/embedded.ts";
import { openMlflowRegistry } from "../../sidecar/registry/mlflow.ts";
import { fastClock } from "./clock.ts";
import { startMlflow, WITHOUT_MLFLOW } from "./mlflow.ts";

/** A registry under test, and a way to what it keeps. */
export type RegistryUnderTest = {
  readonly name: string;
  /** Why it can't be had here. */
  readonly skip: string | false;
  readonly open: (context: TestContext) => Promise<Registry>;
  /** What the file of a version holds. */
  readonly contentOf: (version: ModelVersion) => Promise<string>;
  readonly stop: () => Promise<void>;
};

/** A folder of the test's own. */
export function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "understudy-models-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A registration of a file that holds the text. */
export function registrationOf(
  context: TestContext,
  text: string,
  given: Partial<Omit<Registration, "file">> = {},
): Registration {
  const file = join(folderOf(context), "model.onnx");
  writeFileSync(file, text);
  return {
    model: "risk",
    file,
    trainingDataSha256: undefined,
    metrics: {},
    parent: undefined,
    ...given,
  };
}

/** An embedded registry in a folder of the test's own. */
export function embeddedIn(folder: string): Registry {
  return openEmbeddedRegistry({ path: join(folder, "registry.db"), clock: fastClock(1) });
}

/** Every adapter. MLflow is started by the first test that opens it, and serves them all. */
export function registries(): readonly RegistryUnderTest[] {
  const embedded: RegistryUnderTest = {
    name: "embedded",
    skip: false,
    open: async (context) => embeddedIn(folderOf(context)),
    contentOf: async ({ location }) => readFileSync(location, "utf8"),
    stop: async () => undefined,
  };
  let server: ReturnType<typeof startMlflow> | undefined;
  const mlflow: RegistryUnderTest = {
    name: "MLflow",
    skip: WITHOUT_MLFLOW ?? false,
    open: async () => {
      server ??= startMlflow();
      return mlflowAt((await server).url);
    },
    contentOf: async ({ location }) => {
      const path = `${location.replace(/^mlflow-artifacts:\//, "")}/model.onnx`;
      const url = `${(await server)?.url}/api/2.0/mlflow-artifacts/artifacts/${path}`;
      return await (await fetch(url)).text();
    },
    stop: async () => (await server)?.stop(),
  };
  return [embedded, mlflow];
}

/** An MLflow at a URL, known by a token. */
export function mlflowAt(url: string, token = "token-of-the-test"): Registry {
  const bearer = { kind: "value", name: "TOKEN", value: token } as const;
  const server = { url: new URL(url), bearer, ca: undefined };
  return openMlflowRegistry({ server, clock: fastClock(1), timeoutMs: 60_000 });
}
