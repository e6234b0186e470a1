import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseFlags } from "../../sidecar/cli/flags.ts";
import { checkOperands } from "../../sidecar/cli/verb.ts";
import { VERBS } from "../../sidecar/cli/verbs.ts";
import { wordsOf } from "../support/commandLine.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const texts = execFileSync(
  "git",
  ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
  {
    cwd: root,
    encoding: "utf8",
  },
);

/** Lines of shell that call understudy, or what stands between backticks, which may be a part of a command. */
type Found = { readonly line: string; readonly kind: "whole" | "part" };

function commandsOf(text: string): readonly Found[] {
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map((match) => match[1] ?? "");
  const rest = text.replace(/^```[\s\S]*?^```/gm, "");
  const inline = [...rest.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? "");
  return [
    ...blocks
      .flatMap((block) => block.split("\n"))
      .map((line) => ({ line, kind: "whole" as const })),
    ...inline.map((line) => ({ line, kind: "part" as const })),
  ]
    .filter(({ line }) => /^(npx )?understudy [a-z]/.test(line))
    .map(({ line, kind }) => ({ line: line.replace(/\s+(#|>|\||&).*$/, ""), kind }));
}

/** Forms, as `understudy plan check|explain FILE`, are no commands. */
const isForm = ({ line }: Found): boolean => /[[|]|\.\.\./.test(line);

const all = texts
  .split("\n")
  .filter((path) => path !== "")
  .flatMap((path) =>
    commandsOf(readFileSync(join(root, path), "utf8"))
      .filter((found) => !isForm(found))
      .map((found) => ({ path, ...found })),
  );

for (const [name, { line, kind }] of new Map(
  all.map((found) => [`${found.path}: ${found.line}`, found]),
)) {
  test(`${name} is understood`, async () => {
    const [asked, ...args] = wordsOf(line.replace(/^(npx )?understudy /, ""));
    const entry = VERBS.find((verb) => verb.name === asked);
    assert.ok(entry !== undefined, asked);
    const verb = await entry.load();
    const flags = Object.entries(verb.flags).map(([flag, about]) => [
      flag,
      kind === "part" ? { ...about, required: false } : about,
    ]);
    const { operands } = parseFlags(Object.fromEntries(flags), args);
    const words = verb.operands.split(" ");
    const said = kind === "part" ? words.slice(0, operands.length) : words;
    checkOperands(said.join(" "), operands);
  });
}

test("the texts name commands", () => {
  assert.ok(all.filter(({ kind }) => kind === "whole").length > 20);
});
