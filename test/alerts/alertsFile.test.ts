import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type ReadAlerts, readAlerts } from "../../sidecar/alerts/alertsFile.ts";
import { targetsOf } from "../../sidecar/alerts/targets.ts";
import { manualClock } from "../support/clock.ts";
import { noticeWith } from "../support/notices.ts";
import { startReceiver } from "../support/receiver.ts";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const HEAD = "apiVersion: understudy.dev/v1alpha1\nkind: Alerts\n";

/** Reads a text as a file of alerts, beside the files named. */
function read(
  context: TestContext,
  text: string,
  files: Readonly<Record<string, string>> = {},
): ReadAlerts {
  const folder = mkdtempSync(join(tmpdir(), "understudy-alerts-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries({ ...files, "alerts.yaml": text })) {
    writeFileSync(join(folder, name), content);
  }
  return readAlerts(join(folder, "alerts.yaml"), { HOOK: "https://example.com/hook", KEY: SECRET });
}

function problemsOf(result: ReadAlerts): readonly string[] {
  assert.ok("problems" in result);
  return result.problems.map((problem) => problem.replace(/^.*alerts\.yaml: /, ""));
}

test("each type of target is read, with its presets", (context) => {
  const result = read(
    context,
    `${HEAD}source: eu-1
targets:
  - { name: pager, type: alertmanager, url: "http://127.0.0.1:9093/am" }
  - { name: chat, type: slack, urlEnv: HOOK, minSeverity: warning, timeout: 2s }
  - { name: hook, type: webhook, url: "https://example.com/x", secretFile: key, bearerFile: token }
  - { name: events, type: cloudevents, url: "https://example.com/y", secretEnv: KEY, giveUpAfter: 24h }
`,
    { key: `${SECRET}\n`, token: "abc\n" },
  );
  assert.ok("settings" in result, JSON.stringify(result));
  assert.equal(result.settings.source, "eu-1");
  const targets = targetsOf(result.settings, manualClock());
  assert.deepEqual(
    targets.map(({ name, minSeverity, timeoutMs, giveUpMs }) => [
      name,
      minSeverity,
      timeoutMs,
      giveUpMs,
    ]),
    [
      ["pager", "warning", 10_000, 3_600_000],
      ["chat", "warning", 2_000, 3_600_000],
      ["hook", "info", 10_000, 3_600_000],
      ["events", "info", 10_000, 86_400_000],
    ],
  );
  assert.equal(targets[0]?.channel.repeatMs, 60_000);
});

test("the example is read", () => {
  const example = fileURLToPath(new URL("../../examples/alerts.yaml", import.meta.url));
  const environment = {
    SLACK_WEBHOOK_URL: "https://hooks.slack.com/services/T/B/x",
    UNDERSTUDY_WEBHOOK_SECRET: SECRET,
    BROKER_TOKEN: "abc",
  };
  const result = readAlerts(example, environment);
  assert.ok("settings" in result, JSON.stringify(result));
  assert.equal(result.settings.targets.length, 4);
  assert.equal(problemsOf(readAlerts(example, {})).length, 3);
});

test("an Alertmanager's alerts go below its address, also where that has a path", async (context) => {
  const receiver = await startReceiver(context);
  for (const path of ["", "/", "/am", "/am/"]) {
    const text = `${HEAD}targets:\n  - { name: a, type: alertmanager, url: "${receiver.url}${path}" }`;
    const result = read(context, text);
    assert.ok("settings" in result);
    const [target] = targetsOf(result.settings, manualClock());
    await target?.channel.send([noticeWith()], AbortSignal.timeout(5_000));
  }
  assert.deepEqual(
    receiver.received.map(({ path }) => path),
    ["/api/v2/alerts", "/api/v2/alerts", "/am/api/v2/alerts", "/am/api/v2/alerts"],
  );
});

test("all problems are named at once, in the order of the text, each with its place", (context) => {
  const text = `${HEAD}targets:
  - { name: Chat, type: slack, url: "https://user:pw@example.com" }
  - { name: b, type: pigeon }
  - { name: c, type: webhook, url: "ftp://x", timout: 1s, minSeverity: loud }
`;
  const problems = problemsOf(read(context, text));
  const expected = [
    /^targets\[0\]\.name: Chat: a name of .* \(4:13\)$/,
    /^targets\[0\]\.url: what is there: a URL of http or https without a user/,
    /^targets\[1\]\.type: pigeon: type alertmanager, slack, webhook or cloudevents \(5:22\)$/,
    /^targets\[2\]\.url: what is there: a URL/,
    /^targets\[2\]\.timout: timout: timeout\? known here: /,
    /^targets\[2\]\.minSeverity: loud: one of info, warning, critical/,
  ];
  assert.equal(problems.length, expected.length, problems.join("\n"));
  for (const [index, pattern] of expected.entries()) {
    assert.match(problems[index] ?? "", pattern);
  }
});

const wrong: readonly { name: string; target: string; expected: RegExp }[] = [
  {
    name: "a webhook without a secret",
    target: 'type: webhook, url: "https://x.dev"',
    expected: /secretFile: nothing: secretFile or secretEnv/,
  },
  {
    name: "a secret that is not there",
    target: 'type: webhook, url: "https://x.dev", secretFile: none',
    expected: /secretFile: none: .*holds no secret/,
  },
  {
    name: "a variable that is not set",
    target: "type: slack, urlEnv: NONE",
    expected: /urlEnv: NONE: NONE holds no secret/,
  },
  {
    name: "a secret that signs nothing",
    target: 'type: webhook, url: "https://x.dev", secretFile: short',
    expected: /secretFile: short: the secret is not whsec_/,
  },
  {
    name: "two secrets",
    target: 'type: webhook, url: "https://x.dev", secretFile: key, secretEnv: KEY',
    expected: /secretEnv: KEY: one of secretFile and secretEnv/,
  },
  {
    name: "a URL file that holds none",
    target: "type: slack, urlFile: key",
    expected: /urlFile: key: a URL of http/,
  },
  {
    name: "no URL",
    target: "type: slack",
    expected: /url: what is there: one of url, urlFile and urlEnv/,
  },
  {
    name: "two URLs",
    target: 'type: slack, url: "https://x.dev", urlEnv: HOOK',
    expected: /url: what is there: one of url/,
  },
  {
    name: "a token in plain text to another machine",
    target: 'type: alertmanager, url: "http://x.dev", bearerFile: key',
    expected: /url: what is there: https, or this machine/,
  },
  {
    name: "certificates that are none",
    target: 'type: alertmanager, url: "https://x.dev", caFile: key',
    expected: /caFile: key: a file of certificates/,
  },
];

for (const { name, target, expected } of wrong) {
  test(`${name} is refused before anything is served, and no secret is in the words`, (context) => {
    const text = `${HEAD}targets:\n  - { name: a, ${target} }`;
    const problems = problemsOf(read(context, text, { key: SECRET, short: "whsec_c2hvcnQ=" }));
    assert.match(problems.join("\n"), expected);
    assert.doesNotMatch(problems.join("\n"), /whsec_[A-Za-z0-9]{5}/);
  });
}

test("one name twice, no target, too many, another kind and no file are refused", (context) => {
  const one = '{ name: a, type: alertmanager, url: "http://localhost:1" }';
  const list = (count: number) => `${HEAD}targets: [${Array(count).fill(one).join(", ")}]`;
  assert.match(problemsOf(read(context, list(2))).join(), /targets\[1\]\.name: a: each name once/);
  assert.match(problemsOf(read(context, list(0))).join(), /a list of 1 to 20 targets/);
  assert.match(problemsOf(read(context, list(21))).join(), /a list of 1 to 20 targets/);
  assert.match(problemsOf(read(context, "kind: Rollout")).join(), /kind: Rollout: Alerts/);
  assert.match(problemsOf(read(context, "x: *y")).join(), /alias/);
  const absent = readAlerts("/nowhere/alerts.yaml", {});
  assert.match(problemsOf(absent).join(), /^a file of at most/);
});
