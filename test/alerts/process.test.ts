import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { RolloutClient } from "../../sidecar/cli/client.ts";
import { type Received, startReceiver } from "../support/receiver.ts";
import { startSidecarProcess } from "../support/sidecarProcess.ts";
import { planText } from "../support/testSidecar.ts";
import { until } from "../support/until.ts";

const main = fileURLToPath(new URL("../../sidecar/main.ts", import.meta.url));
const SECRET = `whsec_${Buffer.from("a canary that nobody is to see..").toString("base64")}`;
const WAIT = { deadlineMs: 15_000 };

/** A folder with a file of alerts that tells one webhook. */
function folderFor(context: TestContext, url: string): string {
  const folder = mkdtempSync(join(tmpdir(), "understudy-tell-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "key"), SECRET);
  writeFileSync(
    join(folder, "alerts.yaml"),
    `apiVersion: understudy.dev/v1alpha1
kind: Alerts
targets:
  - { name: hook, type: webhook, url: "${url}", secretFile: key, timeout: 1s }
`,
  );
  return folder;
}

const kindsOf = (received: readonly Received[]): readonly string[] =>
  received.map(({ body }) => JSON.parse(body).data.kind);
const idsOf = (received: readonly Received[]): readonly unknown[] =>
  received.map(({ headers }) => headers["webhook-id"]);

test("killed between an event and its delivery, the sidecar tells it after the next start, once", async (context) => {
  const receiver = await startReceiver(context);
  const folder = folderFor(context, receiver.url);
  const paths = { storePath: join(folder, "db"), alertsPath: join(folder, "alerts.yaml") };
  receiver.answer(() => undefined);
  const first = await startSidecarProcess(context, paths);
  const client = new RolloutClient(first.grpc);
  context.after(() => client.close());
  await client.apply(planText());
  await client.change("Pause", { name: "test", reason: "hold it" });
  await until(() => receiver.received.length > 0, { ...WAIT, what: "an attempt is made" });
  first.child.kill("SIGKILL");
  await once(first.child, "exit");

  const attempted = receiver.received.length;
  receiver.answer((response) => response.writeHead(204).end());
  const second = await startSidecarProcess(context, paths);
  const areTold = () => receiver.received.length >= attempted + 2;
  await until(areTold, { ...WAIT, what: "both are told" });
  const told = receiver.received.slice(attempted);
  assert.deepEqual(kindsOf(told), ["started", "paused"]);
  assert.equal(idsOf(told)[0], idsOf(receiver.received)[0]);
  const isCounted = async () =>
    (await second.metric('understudy_alerts_sent_total{target="hook"}')) === 2;
  await until(isCounted, { ...WAIT, what: "both are counted" });

  second.child.kill("SIGTERM");
  await once(second.child, "exit");
  const third = await startSidecarProcess(context, paths);
  const again = new RolloutClient(third.grpc);
  context.after(() => again.close());
  await again.change("Resume", { name: "test", reason: "go on" });
  const isTold = () => receiver.received.length > attempted + 2;
  await until(isTold, { ...WAIT, what: "the next is told" });
  assert.deepEqual(kindsOf(receiver.received.slice(attempted + 2)), ["resumed"]);
});

test("case 91: a secret is in no log, no metric, no file of the store and no body; what was given up is on /alerts", async (context) => {
  const receiver = await startReceiver(context, {
    answering: (response) => response.writeHead(400).end(SECRET),
  });
  const folder = folderFor(context, `${receiver.url}/quiet-path-7f3a`);
  const paths = { storePath: join(folder, "db"), alertsPath: join(folder, "alerts.yaml") };
  const sidecar = await startSidecarProcess(context, paths);
  const client = new RolloutClient(sidecar.grpc);
  context.after(() => client.close());
  await client.apply(planText());
  const find = () => sidecar.logged().find(({ msg }) => msg === "given up");
  const buried = await until(find, { ...WAIT, what: "it is given up" });
  assert.equal(buried.reason, "refused");
  const text = async (path: string) => (await fetch(`http://${sidecar.http}${path}`)).text();
  const standing = await text("/alerts");
  const [{ target, waiting, deadLetters }] = JSON.parse(standing);
  assert.deepEqual([target, waiting, deadLetters.length], ["hook", 0, 1]);
  assert.equal(deadLetters[0].notice.kind, "started");
  const name = 'understudy_alerts_dead_total{target="hook",reason="refused"}';
  assert.equal(await sidecar.metric(name), 1);
  const retry = async (query: string) =>
    (await fetch(`http://${sidecar.http}/alerts/retry${query}`, { method: "POST" })).text();
  assert.match(await retry("?target=hook"), /^{"target":"hook","retried":1}$/m);
  assert.match(await retry("?target=other"), /"status":404,/);
  const files = readdirSync(folder)
    .filter((file) => file.startsWith("db"))
    .map((file) => readFileSync(join(folder, file), "latin1"));
  const bodies = receiver.received.map(({ body }) => body);
  const log = JSON.stringify(sidecar.logged());
  const all = [log, standing, await text("/metrics"), ...files, ...bodies].join("\n");
  assert.doesNotMatch(all, /whsec_|quiet-path/);
});

test("a file of alerts with mistakes is wrong usage, and all of them are named", (context) => {
  const folder = folderFor(context, "ftp://nowhere");
  const path = join(folder, "alerts.yaml");
  const run = spawnSync(process.execPath, [main, "serve", "--alerts", path], { encoding: "utf8" });
  assert.equal(run.status, 2);
  assert.match(run.stderr, /alerts\.yaml: targets\[0\]\.url: .* \(4:\d+\)/);
});
