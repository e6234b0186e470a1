import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { folderOf } from "../support/registries.ts";
import { type Ran, run } from "../support/verb.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** A folder with models' files, and `understudy registry` on a registry in it. */
function stageFor(context: TestContext): {
  readonly file: (name: string, text: string) => string;
  readonly registry: (...args: readonly string[]) => Promise<Ran>;
} {
  const folder = folderOf(context);
  const at = ["--registry", join(folder, "models.sqlite"), "--model", "risk"];
  return {
    file: (name, text) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    },
    registry: (...args) => run("registry", ...args, ...at),
  };
}

test("a file is registered with what is known of it, and shown so", async (context) => {
  const { file, registry } = stageFor(context);
  const [one, two, rows] = [file("one", "1"), file("two", "2"), file("rows.csv", "a,b")];
  const first = await registry("register", one, "--alias", "champion");
  assert.deepEqual(first, { code: 0, out: "risk v1: registered, champion", err: "" });
  const known = ["--metric", "auc=0.68", "--metric", "log loss=-1.5e-3", "--parent", "v1"];
  const second = await registry("register", two, ...known, "--training-data", rows);
  assert.equal(second.out, "risk v2: registered");
  const shown = await registry("show", "v2", "--output", "json");
  const { registeredAt, location, ...said } = JSON.parse(shown.out);
  assert.deepEqual(said, {
    ...{ model: "risk", version: 2, sha256: sha256("2"), stage: "registered", parent: 1 },
    ...{ metrics: { auc: 0.68, "log loss": -0.0015 }, tags: {}, aliases: [] },
    trainingDataSha256: sha256("a,b"),
  });
  assert.match(registeredAt, /^\d{4}-/);
  assert.match(location, /models\.sqlite\.files/);
  const text = (await registry("show", "2")).out;
  assert.match(text, /^model +risk\nversion +v2\n/);
  assert.match(text, /\nmetrics +auc=0\.68 log loss=-0\.0015\nparent +v1\n/);
});

test("the same content again is the same version, and may get an alias", async (context) => {
  const { file, registry } = stageFor(context);
  await registry("register", file("one", "1"));
  await registry("register", file("two", "2"));
  const again = await registry("register", file("other", "1"), "--alias", "challenger");
  assert.equal(again.out, "risk v1: registered before, challenger");
  const json = await registry("register", file("other", "1"), "--output", "json");
  const { version, isNew, aliases } = JSON.parse(json.out);
  assert.deepEqual([version, isNew, aliases], [1, false, ["challenger"]]);
});

test("versions are listed, the newest first, with their aliases", async (context) => {
  const { file, registry } = stageFor(context);
  assert.equal((await registry("list")).out, "no versions");
  await registry("register", file("one", "1"), "--metric", "auc=0.5");
  await registry("register", file("two", "2"));
  assert.equal((await registry("alias", "champion", "--version", "1")).out, "risk v1: champion");
  const lines = (await registry("list")).out.split("\n");
  assert.match(lines[0] ?? "", /^version +stage +aliases +registered +metrics +sha256$/);
  assert.match(lines[1] ?? "", /^v2 +registered +20\S+ +d4735e3a265e$/);
  assert.match(lines[2] ?? "", /^v1 +registered +champion +20\S+ +auc=0\.5 +6b86b273ff34$/);
  const { versions } = JSON.parse((await registry("list", "--output", "json")).out);
  assert.deepEqual(
    versions.map((one: { version: number; aliases: string[] }) => [one.version, one.aliases]),
    [
      [2, []],
      [1, ["champion"]],
    ],
  );
});

const wrong: readonly { args: readonly string[]; code: number; expected: RegExp }[] = [
  { args: [], code: 2, expected: /^register\|list.*: nothing: register, list, show or alias/ },
  { args: ["lits"], code: 2, expected: /^lits: list\?/ },
  { args: ["register"], code: 2, expected: /^FILE: nothing/ },
  { args: ["list", "more"], code: 2, expected: /^more: a word too many/ },
  { args: ["show", "newest"], code: 2, expected: /^newest: a version, such as 3 or v3/ },
  { args: ["show", "7"], code: 1, expected: /^risk has no version 7/ },
  { args: ["alias", "champion"], code: 2, expected: /^--version: nothing/ },
  { args: ["alias", "v3", "--version", "1"], code: 2, expected: /^v3: an alias of small letters/ },
  { args: ["alias", "champion", "--version", "9"], code: 1, expected: /^risk has no version 9/ },
  { args: ["register", "/nowhere"], code: 1, expected: /^\/nowhere: ENOENT/ },
  { args: ["register", "x", "--metric", "auc"], code: 2, expected: /^--metric: auc: a name and/ },
];

for (const { args, code, expected } of wrong) {
  test(`"registry ${args.join(" ")}" says what is wrong, and ends with ${code}`, async (context) => {
    const { registry } = stageFor(context);
    const ran = await registry(...args);
    assert.deepEqual([ran.code, ran.out], [code, ""]);
    assert.match(ran.err, expected);
  });
}

test("an MLflow that is away fails, and a token is not sent in the clear to another machine", async (context) => {
  const { file } = stageFor(context);
  const at = (url: string) => ["--model", "risk", "--registry", url];
  const away = await run("registry", "list", ...at("http://127.0.0.1:1"));
  assert.deepEqual([away.code, away.err], [1, "ECONNREFUSED"]);
  const token = ["--registry-token-file", file("token", "secret")];
  const clear = await run("registry", "list", ...at("http://mlflow.example"), ...token);
  assert.equal(clear.code, 2);
  assert.match(clear.err, /^--registry: http:\/\/mlflow\.example: https, or this machine/);
  const user = await run("registry", "list", ...at("https://me:secret@mlflow.example"));
  assert.equal(user.code, 2);
  assert.doesNotMatch(user.err, /secret/);
});
