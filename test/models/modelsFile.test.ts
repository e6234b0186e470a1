import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type ReadModels, readModels } from "../../sidecar/models/modelsFile.ts";
import { templateText } from "../support/modelStage.ts";
import { folderOf } from "../support/registries.ts";

const head = "apiVersion: understudy.dev/v1alpha1\nkind: Models\n";
const embedded = "registry: { type: embedded, file: models.sqlite }\n";
const risk = "{ name: risk, plan: plan.yaml, trigger: challenger }";

/** Reads a file with that text, beside plan.yaml, which is a template of risk, and what else is given. */
async function read(
  context: TestContext,
  text: string,
  others: Readonly<Record<string, string>> = {},
): Promise<{ readonly folder: string; readonly models: ReadModels }> {
  const folder = folderOf(context);
  const files = { "models.yaml": head + text, "plan.yaml": templateText, ...others };
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), content);
  }
  const models = await readModels(join(folder, "models.yaml"), { TOKEN: "t0ken", EMPTY: "" });
  return { folder, models };
}

async function problemsOf(
  context: TestContext,
  text: string,
  others: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { folder, models } = await read(context, text, others);
  assert.ok("problems" in models);
  return models.problems.join("\n").replaceAll(`${folder}/`, "");
}

test("the example is a file of models", async () => {
  const example = fileURLToPath(new URL("../../examples/models.yaml", import.meta.url));
  const models = await readModels(example, {});
  assert.ok("settings" in models, JSON.stringify(models));
  assert.deepEqual(
    models.settings.models.map(({ name, trigger }) => [name, trigger]),
    [["patient-risk", "newVersion"]],
  );
});

test("an embedded registry and plans are found from the file's folder", async (context) => {
  const { folder, models } = await read(context, `${embedded}every: 1m\nmodels: [${risk}]\n`);
  assert.deepEqual(models, {
    settings: {
      registry: { type: "embedded", path: join(folder, "models.sqlite") },
      everyMs: 60_000,
      models: [{ name: "risk", planPath: join(folder, "plan.yaml"), trigger: "challenger" }],
    },
  });
});

test("an MLflow has a URL, a token and a timeout", async (context) => {
  const registry = "registry: { type: mlflow, url: https://mlflow.example, bearerEnv: TOKEN }\n";
  const { models } = await read(context, `${registry}models: [${risk}]\n`);
  assert.ok("settings" in models);
  assert.deepEqual(models.settings.registry, {
    type: "mlflow",
    url: new URL("https://mlflow.example"),
    bearer: { kind: "value", name: "TOKEN", value: "t0ken" },
    ca: undefined,
    timeoutMs: 10_000,
  });
});

const wrong: readonly { name: string; text: string; expected: RegExp }[] = [
  { name: "nothing in it", text: "", expected: /registry: nothing: .*\n.*models: nothing/ },
  {
    name: "an unknown key and an unknown trigger",
    text: `${embedded}evry: 1m\nmodels: [{ name: risk, plan: plan.yaml, trigger: always }]\n`,
    expected: /evry: evry: every\? .*\n.*trigger: always: one of newVersion, challenger \(5:/,
  },
  {
    name: "an unknown registry",
    text: `registry: { type: oracle }\nmodels: [${risk}]\n`,
    expected: /registry.type: oracle: type embedded or mlflow \(3:/,
  },
  {
    name: "a token that would travel in the clear",
    text: `registry: { type: mlflow, url: "http://mlflow.example", bearerEnv: TOKEN }\nmodels: [${risk}]\n`,
    expected: /registry\.url: what is there: https, or this machine/,
  },
  {
    name: "a token that is not there",
    text: `registry: { type: mlflow, url: "https://mlflow.example", bearerEnv: EMPTY }\nmodels: [${risk}]\n`,
    expected: /registry\.bearerEnv: EMPTY: EMPTY holds no secret/,
  },
  {
    name: "a model twice",
    text: `${embedded}models: [${risk}, ${risk}]\n`,
    expected: /models\[1\]\.name: risk: each name once/,
  },
  {
    name: "a plan that is not there",
    text: `${embedded}models: [{ name: risk, plan: nowhere.yaml, trigger: newVersion }]\n`,
    expected: /^nowhere\.yaml: ENOENT/,
  },
  {
    name: "the plan of another model",
    text: `${embedded}models: [{ name: other, plan: plan.yaml, trigger: newVersion }]\n`,
    expected: /^plan\.yaml: spec\.model: risk: other/,
  },
];

for (const { name, text, expected } of wrong) {
  test(`a file with ${name} is refused with what is wrong, where`, async (context) => {
    assert.match(await problemsOf(context, text), expected);
  });
}

test("a template with mistakes is refused with all of them", async (context) => {
  const plan = templateText.replace("50%", "150%").replace("errorRate", "errorRat");
  const problems = await problemsOf(context, `${embedded}models: [${risk}]\n`, {
    "plan.yaml": plan,
  });
  assert.match(problems, /^plan\.yaml: .*weight: 150%.*\(9:.*\nplan\.yaml: .*errorRat.*\(11:/);
});

test("two models can't share the name of a rollout", async (context) => {
  const second = "{ name: other, plan: other.yaml, trigger: newVersion }";
  const text = `${embedded}models: [${risk}, ${second}]\n`;
  const other = templateText.replace("model: risk", "model: other");
  const problems = await problemsOf(context, text, { "other.yaml": other });
  assert.match(problems, /^other\.yaml: metadata\.name: test: .* \(risk has it\)$/);
});
