import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createMetrics } from "../../sidecar/metrics.ts";
import { followSettings } from "../../sidecar/settings.ts";

const HEAD = "apiVersion: understudy.dev/v1alpha1\n";
const alertsFor = (name: string): string =>
  `${HEAD}kind: Alerts\ntargets: [{ name: ${name}, type: slack, urlEnv: HOOK }]\n`;
const hooksFor = (name: string): string =>
  `${HEAD}kind: Hooks\nhooks: [{ name: ${name}, type: command, run: [sh, -c, exit] }]\n`;

/** Files of alerts and hooks that are followed, and what was taken of them. */
async function stage(context: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "understudy-settings-"));
  const [alertsPath, hooksPath] = [join(folder, "alerts.yaml"), join(folder, "hooks.yaml")];
  writeFileSync(alertsPath, alertsFor("a"));
  writeFileSync(hooksPath, hooksFor("a"));
  const taken: string[] = [];
  const logged: string[] = [];
  const note = (fields: object, message: string) =>
    void logged.push(`${message} ${JSON.stringify(fields)}`);
  const metrics = createMetrics();
  const followed = await followSettings(
    { alertsPath, hooksPath },
    {
      environment: { HOOK: "https://example.com/canary-path-81", PATH: process.env.PATH },
      log: { info: note, warn: note, error: note },
      metrics,
      alerts: ({ targets }) => void taken.push(`alerts ${targets[0]?.document.name}`),
      hooks: ({ hooks }) => void taken.push(`hooks ${hooks[0]?.document.name}`),
    },
  );
  context.after(() => {
    followed.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { alertsPath, hooksPath, taken, logged, metrics, followed };
}

test("what the files say is taken at once, and again when they change", async (context) => {
  const { alertsPath, hooksPath, taken, logged, followed } = await stage(context);
  assert.deepEqual(taken, ["alerts a", "hooks a"]);
  await followed.check();
  assert.equal(taken.length, 2);
  writeFileSync(alertsPath, alertsFor("another"));
  await followed.check();
  writeFileSync(hooksPath, hooksFor("another"));
  await followed.check();
  assert.deepEqual(taken.slice(2), ["alerts another", "hooks another"]);
  assert.deepEqual(logged, [
    'files read again {"files":"alerts"}',
    'files read again {"files":"hooks"}',
  ]);
});

test("a file that can't be used is told of once, and leaves what it said before in force", async (context) => {
  const { alertsPath, taken, logged, metrics, followed } = await stage(context);
  writeFileSync(alertsPath, `${HEAD}kind: Alerts\ntargets: [{ name: a, type: pigeon }]\n`);
  await followed.check();
  await followed.check();
  assert.equal(taken.length, 2);
  assert.equal(logged.length, 1);
  assert.match(logged[0] ?? "", /^files not taken, .*targets\[0\]\.type: pigeon: type/);
  assert.doesNotMatch(logged.join(), /canary-path/);
  const { values } = await metrics.reloads.get();
  assert.deepEqual(
    values.map(({ labels, value }) => [labels.files, labels.outcome, value]),
    [["alerts", "refused", 1]],
  );
});

test("without files nothing is followed", async () => {
  const none = () => assert.fail("nothing is there to be taken");
  const log = { info: none, warn: none, error: none };
  const parts = { environment: {}, log, metrics: createMetrics(), alerts: none, hooks: none };
  const followed = await followSettings({ alertsPath: undefined }, parts);
  await followed.check();
  followed.close();
});
