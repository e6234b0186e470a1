import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { RolloutClient } from "../../sidecar/cli/client.ts";
import { startMlflow, WITHOUT_MLFLOW } from "../support/mlflow.ts";
import { templateText } from "../support/modelStage.ts";
import { folderOf } from "../support/registries.ts";
import { type SidecarProcess, startSidecarProcess } from "../support/sidecarProcess.ts";
import { until } from "../support/until.ts";
import { type Ran, run } from "../support/verb.ts";

const WAIT = { deadlineMs: 60_000 };
const main = fileURLToPath(new URL("../../sidecar/main.ts", import.meta.url));

/** A folder with a file of models, and the command line on its registry. */
class Stage {
  readonly #context: TestContext;
  readonly #folder: string;
  readonly #registry: string;

  constructor(context: TestContext, registry: { readonly section: string; readonly at?: string }) {
    this.#context = context;
    this.#folder = folderOf(context);
    this.#registry = registry.at ?? join(this.#folder, "models.sqlite");
    writeFileSync(join(this.#folder, "plan.yaml"), templateText);
    writeFileSync(
      join(this.#folder, "models.yaml"),
      `apiVersion: understudy.dev/v1alpha1
kind: Models
registry: { ${registry.section} }
every: 1s
models: [{ name: risk, plan: plan.yaml, trigger: challenger }]
`,
    );
  }

  async registry(...args: readonly string[]): Promise<Ran> {
    return await run("registry", ...args, "--model", "risk", "--registry", this.#registry);
  }

  /** Registers a file that holds the text. */
  async register(text: string, ...args: readonly string[]): Promise<void> {
    const file = join(this.#folder, `${text}.onnx`);
    writeFileSync(file, text);
    const { code, err } = await this.registry("register", file, ...args);
    assert.equal(code, 0, err);
  }

  async start(): Promise<{ readonly sidecar: SidecarProcess; readonly client: RolloutClient }> {
    const [storePath, modelsPath] = ["db", "models.yaml"].map((file) => join(this.#folder, file));
    assert.ok(storePath !== undefined && modelsPath !== undefined);
    const sidecar = await startSidecarProcess(this.#context, { storePath, modelsPath });
    const client = new RolloutClient(sidecar.grpc);
    this.#context.after(() => client.close());
    return { sidecar, client };
  }

  /** Waits until that is shown of a version. */
  async untilShown(version: string, expected: Readonly<Record<string, unknown>>): Promise<void> {
    const isSo = async () => {
      const { out } = await this.registry("show", version, "--output", "json");
      const { tags, ...shown } = JSON.parse(out);
      const all: Record<string, unknown> = { ...shown, ...tags };
      return Object.entries(expected).every(
        ([key, value]) => JSON.stringify(all[key]) === JSON.stringify(value),
      );
    };
    await until(isSo, { ...WAIT, what: `${version} has ${JSON.stringify(expected)}` });
  }
}

async function candidateOf(client: RolloutClient): Promise<string | undefined> {
  const [rollout] = await client.list();
  return rollout?.candidate ?? undefined;
}

const isTrying = (client: RolloutClient, version: string) => async () =>
  (await candidateOf(client)) === version;

test("registered beside a running sidecar, a version gets its rollout once, through a crash, and the registry what came of it", async (context) => {
  const stage = new Stage(context, { section: "type: embedded, file: models.sqlite" });
  await stage.register("one", "--alias", "champion");
  const first = await stage.start();
  await stage.register("two", "--alias", "challenger");
  await until(isTrying(first.client, "v2"), { ...WAIT, what: "v2 is tried" });
  first.sidecar.child.kill("SIGKILL");
  await once(first.sidecar.child, "exit");
  const second = await stage.start();
  await stage.untilShown("v2", { stage: "trial" });
  await second.client.change("Rollback", { name: "test", reason: "too slow" });
  const rejected = { stage: "rejected", "understudy.outcome": "rolled-back" };
  await stage.untilShown("v2", rejected);
  await stage.register("three", "--alias", "challenger");
  await until(isTrying(second.client, "v3"), { ...WAIT, what: "v3 is tried" });
  await second.client.change("Promote", { name: "test", reason: "as agreed" });
  await stage.untilShown("v3", { stage: "serving", aliases: ["challenger", "champion"] });
  await stage.untilShown("v1", { stage: "retired", aliases: [] });
  const trials = await second.sidecar.metric('understudy_model_trials_total{model="risk"}');
  assert.equal(trials, 1);
  const tried = second.sidecar.logged().filter(({ msg }) => msg === "version tried");
  assert.deepEqual(
    tried.map(({ version, rollout, primary }) => [version, rollout, primary]),
    [[3, "test", "v1"]],
  );
});

test("a real MLflow's challenger gets its rollout; the promoted one is its champion, the one rolled back says why", {
  skip: WITHOUT_MLFLOW ?? false,
}, async (context) => {
  const mlflow = await startMlflow();
  context.after(mlflow.stop);
  const section = `type: mlflow, url: "${mlflow.url}", timeout: 60s`;
  const stage = new Stage(context, { section, at: mlflow.url });
  await stage.register("one", "--alias", "champion", "--metric", "auc=0.61");
  await stage.register("two", "--alias", "challenger", "--metric", "auc=0.68");
  const { client } = await stage.start();
  await until(isTrying(client, "v2"), { ...WAIT, what: "v2 is tried" });
  await client.change("Rollback", { name: "test", reason: "too slow" });
  await stage.untilShown("v2", { stage: "rejected", "understudy.outcome": "rolled-back" });
  const { out } = await stage.registry("show", "v2");
  assert.match(out, /understudy\.reason +too slow/);
  await stage.register("three", "--alias", "challenger");
  await until(isTrying(client, "v3"), { ...WAIT, what: "v3 is tried" });
  await client.change("Promote", { name: "test", reason: "as agreed" });
  await stage.untilShown("v3", { stage: "serving", aliases: ["challenger", "champion"] });
});

test("while its MLflow is away a sidecar serves, says so, and goes on", async (context) => {
  const section = 'type: mlflow, url: "http://127.0.0.1:1"';
  const stage = new Stage(context, { section, at: "http://127.0.0.1:1" });
  const { sidecar, client } = await stage.start();
  const failures = () => sidecar.metric('understudy_registry_failures_total{code="unreachable"}');
  await until(async () => (await failures()) > 1, { ...WAIT, what: "it is asked again" });
  assert.deepEqual(await client.list(), []);
  const said = sidecar.logged().filter(({ msg }) => String(msg).startsWith("registry failed"));
  assert.deepEqual(
    said.map(({ level, why }) => [level, why]),
    [["warn", "ECONNREFUSED"]],
  );
});

test("a file of models with mistakes is wrong usage, and all of them are named", (context) => {
  const path = join(folderOf(context), "models.yaml");
  writeFileSync(path, "apiVersion: understudy.dev/v1alpha1\nkind: Models\nevery: soon\n");
  const asked = [main, "serve", "--models", path];
  const { status, stderr } = spawnSync(process.execPath, asked, { encoding: "utf8" });
  assert.equal(status, 2);
  assert.match(stderr, /models\.yaml: registry: nothing/);
  assert.match(stderr, /models\.yaml: every: soon: a duration .* \(3:8\)/);
});
