import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { hooksOf } from "../../sidecar/hooks/hooks.ts";
import { type HooksSettings, readHooks } from "../../sidecar/hooks/hooksFile.ts";
import type { ReadSettings } from "../../sidecar/outgoing/settingsFile.ts";
import { parsePlan } from "../../sidecar/plan/parsePlan.ts";
import { manualClock } from "../support/clock.ts";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const HEAD = "apiVersion: understudy.dev/v1alpha1\nkind: Hooks\n";
const PATH = process.env.PATH ?? "";

/** Reads a text as a file of hooks, beside a key and a program. */
function read(context: TestContext, text: string): ReadSettings<HooksSettings> {
  const folder = mkdtempSync(join(tmpdir(), "understudy-hooks-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "key"), SECRET);
  writeFileSync(join(folder, "smoke.sh"), "#!/bin/sh\nexit 0\n");
  chmodSync(join(folder, "smoke.sh"), 0o755);
  writeFileSync(join(folder, "hooks.yaml"), text);
  return readHooks(join(folder, "hooks.yaml"), { PATH, KEY: SECRET, TOKEN: "abc" });
}

function problemsOf(result: ReadSettings<HooksSettings>): readonly string[] {
  assert.ok("problems" in result, JSON.stringify(result));
  return result.problems.map((problem) => problem.replace(/^.*hooks\.yaml: /, ""));
}

test("hooks of both types are read, with their presets", (context) => {
  const result = read(
    context,
    `${HEAD}source: eu-1
hooks:
  - { name: board, type: webhook, url: "https://example.com/x", secretFile: key, onFailure: hold, giveUpAfter: 24h }
  - { name: smoke, type: command, run: [./smoke.sh, --quick], env: [TOKEN], timeout: 1m, onSilence: rollback }
`,
  );
  assert.ok("settings" in result, JSON.stringify(result));
  const hooks = hooksOf(result.settings, manualClock());
  const { ask: _board, ...board } = hooks.get("board") ?? {};
  const { ask: _smoke, ...smoke } = hooks.get("smoke") ?? {};
  const [timeoutMs, giveUpMs] = [10_000, 24 * 3_600_000];
  assert.deepEqual(board, { timeoutMs, giveUpMs, onFailure: "hold", onSilence: "hold" });
  const patience = { timeoutMs: 60_000, giveUpMs: 3_600_000 };
  assert.deepEqual(smoke, { ...patience, onFailure: "rollback", onSilence: "rollback" });
  const [, command] = result.settings.hooks;
  assert.ok(command?.kind === "command");
  assert.deepEqual(command.environment, { PATH, TOKEN: "abc" });
});

test("without a file nothing is listed", () => {
  assert.equal(hooksOf(undefined, manualClock()).size, 0);
});

test("the example is read, and lists what the examples of plans ask", (context) => {
  const bin = mkdtempSync(join(tmpdir(), "understudy-bin-"));
  context.after(() => rmSync(bin, { recursive: true, force: true }));
  writeFileSync(join(bin, "curl"), "", { mode: 0o755 });
  const examples = fileURLToPath(new URL("../../examples/", import.meta.url));
  const result = readHooks(join(examples, "hooks.yaml"), {
    PATH: bin,
    UNDERSTUDY_WEBHOOK_SECRET: SECRET,
  });
  assert.ok("settings" in result, JSON.stringify(result));
  const hooks = hooksOf(result.settings, manualClock());
  assert.deepEqual([...hooks.keys()], ["smoke-tests", "change-board"]);
  for (const name of readdirSync(join(examples, "plans"))) {
    const parsed = parsePlan(readFileSync(join(examples, "plans", name), "utf8"));
    assert.ok("plan" in parsed, name);
    const { readiness = {}, steps } = parsed.plan;
    const gates = steps.flatMap((step) => [
      ...(step.gates?.before ?? []),
      ...(step.gates?.after ?? []),
    ]);
    assert.deepEqual(
      gates.filter((gate) => !hooks.has(gate)),
      [],
    );
    const urls = Object.values(readiness).filter((value) => typeof value === "string");
    assert.deepEqual(
      urls.filter((url) => !result.settings.probes.origins?.includes(new URL(url).origin)),
      [],
    );
  }
});

test("all problems are named at once, in the order of the text, each with its place", (context) => {
  const text = `${HEAD}hooks:
  - { name: Smoke, type: command, run: [] }
  - { name: b, type: pigeon }
  - { name: c, type: webhook, url: "ftp://x", timout: 1s, onFailure: explode }
  - { name: d, type: command, run: "rm -rf /" }
probes: { origins: ["http://x/path"] }
`;
  const problems = problemsOf(read(context, text));
  const expected = [
    /^hooks\[0\]\.name: Smoke: a name of .* \(4:13\)$/,
    /^hooks\[0\]\.run: .*: a list of 1 to 64 words/,
    /^hooks\[1\]\.type: pigeon: type webhook or command \(5:22\)$/,
    /^hooks\[2\]\.url: what is there: a URL/,
    /^hooks\[2\]\.timout: timout: timeout\? known here: /,
    /^hooks\[2\]\.onFailure: explode: rollback or hold/,
    /^hooks\[3\]\.run: "rm -rf \/": a list of 1 to 64 words/,
  ];
  assert.equal(problems.length, expected.length, problems.join("\n"));
  for (const [index, pattern] of expected.entries()) {
    assert.match(problems[index] ?? "", pattern);
  }
});

const wrong: readonly { name: string; text: string; expected: RegExp }[] = [
  {
    name: "a webhook without a secret",
    text: 'hooks: [{ name: a, type: webhook, url: "https://x.dev" }]',
    expected: /secretFile: nothing: secretFile or secretEnv: what is asked is signed/,
  },
  {
    name: "a secret that is not there",
    text: 'hooks: [{ name: a, type: webhook, url: "https://x.dev", secretFile: none }]',
    expected: /secretFile: none: .*holds no secret/,
  },
  {
    name: "a token in plain text to another machine",
    text: 'hooks: [{ name: a, type: webhook, url: "http://x.dev", secretFile: key, bearerEnv: TOKEN }]',
    expected: /url: what is there: https, or this machine/,
  },
  {
    name: "a program that is not there",
    text: "hooks: [{ name: a, type: command, run: [./none.sh] }]",
    expected: /run\[0\]: \.\/none\.sh: a program that may be run/,
  },
  {
    name: "a file that is no program",
    text: "hooks: [{ name: a, type: command, run: [./key] }]",
    expected: /run\[0\]: \.\/key: a program/,
  },
  {
    name: "a program that is not on PATH",
    text: "hooks: [{ name: a, type: command, run: [no-such-program-of-ours] }]",
    expected: /run\[0\]: no-such-program-of-ours: a program/,
  },
  {
    name: "a variable that is not set",
    text: "hooks: [{ name: a, type: command, run: [sh], env: [NONE] }]",
    expected: /env\[0\]: NONE: a variable that is set/,
  },
  {
    name: "one name twice",
    text: "hooks: [{ name: a, type: command, run: [sh] }, { name: a, type: command, run: [sh] }]",
    expected: /hooks\[1\]\.name: a: each name once/,
  },
  {
    name: "an origin with a path",
    text: 'probes: { origins: ["http://x.dev/path"] }',
    expected: /probes\.origins\[0\]: .*: scheme, host and port alone/,
  },
  { name: "another kind", text: "kind: Alerts", expected: /kind/ },
];

for (const { name, text, expected } of wrong) {
  test(`${name} is refused before anything is served, and no secret is in the words`, (context) => {
    const problems = problemsOf(read(context, `${HEAD}${text}`)).join("\n");
    assert.match(problems, expected);
    assert.doesNotMatch(problems, /whsec_[A-Za-z0-9]{5}/);
  });
}
