import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { startTestSidecar } from "../support/testSidecar.ts";

const root = join(import.meta.dirname, "../..");
const readme = readFileSync(join(root, "sidecar/README.md"), "utf8");
const [, chapter = ""] = readme.split("## The control API\n");
const [, commands = ""] = chapter.split("```sh\n");
const lines = (commands.split("```")[0] ?? "").trim().split("\n");
const run = promisify(execFile);

async function shell(command: string): Promise<string> {
  return (await run("sh", ["-c", command], { cwd: root })).stdout;
}

const whyNot = await run("curl", ["--version"]).then(
  () => false as const,
  () => "there is no curl here",
);

test("the commands of the chapter about the API do what it says", {
  skip: whyNot,
}, async (context) => {
  const { client, http } = await startTestSidecar(context);
  const answers = [];
  for (const line of lines) {
    const text = await shell(line.replace("127.0.0.1:9464", http).replace("curl", "curl -sS"));
    answers.push(JSON.parse(text));
  }
  const [applied, explained, paused, history] = answers;
  assert.equal(applied.name, "my-model-v2");
  assert.match(explained.standing[0], /^my-model-v2 moves users from v1 to v2/);
  assert.equal(paused.phase, "PHASE_PAUSED");
  const kinds = history.events.map(({ kind }: { readonly kind: string }) => kind);
  assert.deepEqual(kinds, ["paused", "started"]);
  assert.equal(history.events[0].key, "pause-7");
  assert.equal(Number((await client.get("my-model-v2")).revision), 2);
});
