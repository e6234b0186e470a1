import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { RolloutClient } from "../../sidecar/cli/client.ts";
import { openSqliteStore } from "../../sidecar/stores/sqlite.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";
import { type SidecarProcess, startSidecarProcess } from "../support/sidecarProcess.ts";
import { planText } from "../support/testSidecar.ts";
import { until } from "../support/until.ts";

const main = fileURLToPath(new URL("../../sidecar/main.ts", import.meta.url));
const SECRET = `whsec_${Buffer.from("a canary that nobody is to see..").toString("base64")}`;
const WAIT = { deadlineMs: 30_000 };
const gatedPlan = planText().replace(
  "shadow: { percent: 100%,",
  "shadow: { gates: { before: [smoke] }, percent: 100%,",
);

type Paths = {
  readonly folder: string;
  readonly storePath: string;
  readonly hooksPath: string;
  readonly compileCachePath: string;
};

/** A folder with a file of hooks, of which one is named smoke. */
function folderFor(context: TestContext, hook: string): Paths {
  const folder = mkdtempSync(join(tmpdir(), "understudy-gate-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "key"), SECRET);
  const hooksPath = join(folder, "hooks.yaml");
  const head = "apiVersion: understudy.dev/v1alpha1\nkind: Hooks\n";
  writeFileSync(hooksPath, `${head}hooks:\n  - { name: smoke, ${hook} }\n`);
  const [storePath, compileCachePath] = [join(folder, "db"), join(folder, "compiled")];
  return { folder, storePath, hooksPath, compileCachePath };
}

const webhookOf = ({ url }: Receiver): string =>
  `type: webhook, url: "${url}", secretFile: key, timeout: 1m`;

function clientOf(context: TestContext, { grpc }: SidecarProcess): RolloutClient {
  const client = new RolloutClient(grpc);
  context.after(() => client.close());
  return client;
}

async function killed({ child }: SidecarProcess, signal: "SIGKILL" | "SIGTERM"): Promise<void> {
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
}

/** Kinds of the events that a sidecar which has ended left behind. */
async function kindsIn({ storePath }: Paths): Promise<readonly string[]> {
  const store = openSqliteStore(storePath);
  const events = await store.events("test");
  await store.close();
  return events.map(({ kind }) => kind);
}

async function untilDecided(sidecar: SidecarProcess, kind: string): Promise<void> {
  const isDecided = () =>
    sidecar.logged().some((line) => line.msg === "decided" && line.kind === kind);
  await until(isDecided, { ...WAIT, what: `${kind} is decided` });
}

test("killed while a webhook is asked, the sidecar asks it again under the same id, and no event is doubled", async (context) => {
  const receiver = await startReceiver(context, { answering: () => undefined });
  const paths = folderFor(context, webhookOf(receiver));
  const first = await startSidecarProcess(context, paths);
  await clientOf(context, first).apply(gatedPlan);
  await until(() => receiver.received.length > 0, { ...WAIT, what: "the webhook is asked" });
  await killed(first, "SIGKILL");

  receiver.answer((response) => response.writeHead(200).end('{"reason": "anna approves"}'));
  const second = await startSidecarProcess(context, paths);
  await untilDecided(second, "step-advanced");
  await killed(second, "SIGKILL");
  const third = await startSidecarProcess(context, paths);
  await killed(third, "SIGTERM");
  assert.deepEqual(await kindsIn(paths), ["started", "gate-passed", "step-advanced"]);
  const ids = receiver.received.map(({ headers }) => headers["webhook-id"]);
  assert.deepEqual(ids, ["test/1/0/0/smoke", "test/1/0/0/smoke"]);
  assert.match(JSON.stringify(second.logged()), /anna approves/);
  assert.doesNotMatch(
    JSON.stringify([first.logged(), second.logged()]),
    /whsec_|127\.0\.0\.1:\d+\//,
  );
});

test("killed while a program is asked, the sidecar asks it again under the same id", async (context) => {
  const script = 'echo "$UNDERSTUDY_ID $$" >> asked; test $(wc -l < asked) -gt 1 || exec sleep 60';
  const paths = folderFor(context, `type: command, run: [sh, -c, '${script}']`);
  const asked = join(paths.folder, "asked");
  const lines = () => readFileSync(asked, "utf8").trim().split("\n");
  const first = await startSidecarProcess(context, paths);
  await clientOf(context, first).apply(gatedPlan);
  await until(() => existsSync(asked), { ...WAIT, what: "the program runs" });
  await killed(first, "SIGKILL");
  const [, left] = (lines()[0] ?? "").split(" ");
  context.after(() => process.kill(Number(left), "SIGKILL"));
  const second = await startSidecarProcess(context, paths);
  await untilDecided(second, "step-advanced");
  await killed(second, "SIGTERM");
  assert.deepEqual(await kindsIn(paths), ["started", "gate-passed", "step-advanced"]);
  assert.deepEqual(
    lines().map((line) => line.split(" ")[0]),
    ["test/1/0/0/smoke", "test/1/0/0/smoke"],
  );
});

test("told to stop while a program is asked, the sidecar ends it", async (context) => {
  const script = "echo $$ > self; exec sleep 600";
  const paths = folderFor(context, `type: command, run: [sh, -c, '${script}']`);
  const self = join(paths.folder, "self");
  const sidecar = await startSidecarProcess(context, paths);
  await clientOf(context, sidecar).apply(gatedPlan);
  await until(() => existsSync(self) && readFileSync(self, "utf8").endsWith("\n"), {
    ...WAIT,
    what: "the program runs",
  });
  await killed(sidecar, "SIGTERM");
  assert.throws(() => process.kill(Number(readFileSync(self, "utf8")), 0), { code: "ESRCH" });
});

test("a rollback is done while a webhook hangs, and its connection is closed", async (context) => {
  const receiver = await startReceiver(context);
  const closed = new Promise((resolve) => {
    receiver.answer((response) => response.on("close", resolve));
  });
  const paths = folderFor(context, webhookOf(receiver));
  const sidecar = await startSidecarProcess(context, paths);
  const client = clientOf(context, sidecar);
  await client.apply(gatedPlan);
  await until(() => receiver.received.length > 0, { ...WAIT, what: "the webhook is asked" });
  await client.change("Rollback", { name: "test", reason: "enough" });
  await closed;
  await killed(sidecar, "SIGTERM");
  assert.deepEqual(await kindsIn(paths), ["started", "rolled-back"]);
});

test("a plan with a gate that is not in the file is refused, until it is", async (context) => {
  const paths = folderFor(context, "type: command, run: [sh, -c, exit]");
  const sidecar = await startSidecarProcess(context, paths);
  const other = gatedPlan.replace("before: [smoke]", "before: [board]");
  const client = clientOf(context, sidecar);
  await assert.rejects(client.apply(other), /gate board: this sidecar's hooks are: smoke/);
  writeFileSync(paths.hooksPath, readFileSync(paths.hooksPath, "utf8").replace("smoke", "board"));
  const isTaken = () => sidecar.logged().some(({ msg }) => msg === "files read again");
  await until(isTaken, { ...WAIT, what: "the file of hooks is read again" });
  await client.apply(other);
  await untilDecided(sidecar, "gate-passed");
});

test("a file of hooks with mistakes is wrong usage, and all of them are named", (context) => {
  const { hooksPath } = folderFor(context, "type: command, run: []");
  const run = spawnSync(process.execPath, [main, "serve", "--hooks", hooksPath], {
    encoding: "utf8",
  });
  assert.equal(run.status, 2);
  assert.match(run.stderr, /hooks\.yaml: hooks\[0\]\.run: .* \(4:\d+\)/);
});
