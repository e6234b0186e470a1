import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import { test } from "node:test";
import { VERBS } from "../../sidecar/cli/verbs.ts";
import { tableFile } from "../support/tables.ts";
import { run } from "../support/verb.ts";

const names = VERBS.map(({ name }) => name);

/** Why a test of the shell is skipped; false where it is not. */
function lacks(shell: string): false | string {
  return spawnSync(shell, ["-c", "true"]).status === 0 ? false : `${shell} is not here`;
}

for (const { line, expected } of [
  { line: ["appl"], expected: ["apply"] },
  { line: [""], expected: [...names, "help", "--help"] },
  { line: ["apply", "--out"], expected: ["--output"] },
  { line: ["apply", "--output", ""], expected: ["table", "json", "yaml"] },
  { line: ["apply", "pla"], expected: ["plan one.yaml"] },
  { line: ["apply", "--ca", "pla"], expected: ["plan one.yaml"] },
  { line: ["apply", "--timeout", ""], expected: [] },
  { line: ["completion", ""], expected: ["bash", "zsh", "fish", "--help"] },
  { line: ["completion", "z"], expected: ["zsh"] },
  { line: ["get", "my"], expected: ["my-model-v2"] },
  { line: ["nothing", ""], expected: [] },
]) {
  const skip = lacks("bash");
  test(`bash completes "understudy ${line.join(" ")}"`, { skip }, async (context) => {
    const folder = dirname(tableFile(context, "plan one.yaml", ""));
    const { out } = await run("completion", "bash");
    const words = ["understudy", ...line].map((word) => `'${word}'`).join(" ");
    const script = [
      out,
      "understudy() { echo 'my-model-v2: paused, step 1'; echo 'other: promoted'; }",
      `COMP_WORDS=(${words}); COMP_CWORD=${line.length}; _understudy`,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: bash's own
      'printf "%s\\n" "${COMPREPLY[@]-}"',
    ];
    const shell = spawnSync("bash", ["--norc", "-u", "-c", script.join("\n")], {
      cwd: folder,
      encoding: "utf8",
    });
    assert.equal(shell.stderr, "");
    assert.deepEqual(
      shell.stdout.split("\n").filter((word) => word !== ""),
      expected,
    );
  });
}

test("fish completes verbs, flags, and the words that a flag may have", {
  skip: lacks("fish"),
}, async (context) => {
  const { out } = await run("completion", "fish");
  const file = tableFile(context, "understudy.fish", out);
  const completed = (line: string): readonly string[] => {
    const asked = `source ${file}; complete -C '${line}'`;
    const { stdout } = spawnSync("fish", ["-N", "-c", asked], { encoding: "utf8" });
    return stdout
      .split("\n")
      .map((each) => each.split("\t", 1)[0] ?? "")
      .filter((word) => word !== "");
  };
  assert.deepEqual(completed("understudy appl"), ["apply"]);
  assert.deepEqual(completed("understudy apply --out"), ["--output"]);
  assert.deepEqual([...completed("understudy apply --output ")].sort(), ["json", "table", "yaml"]);
});

test("zsh reads the script, and completes understudy by it", {
  skip: lacks("zsh"),
}, async (context) => {
  const { out } = await run("completion", "zsh");
  const file = tableFile(context, "_understudy", out);
  const loads = `autoload -U compinit; compinit -u -D; source ${file}; print -- $_comps[understudy]`;
  const shell = spawnSync("zsh", ["-f", "-c", loads], { encoding: "utf8" });
  assert.deepEqual([shell.stdout, shell.stderr], ["_understudy\n", ""]);
});
