import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { RolloutClient } from "../../sidecar/cli/client.ts";
import { ALERTMANAGER, startAlertmanager } from "../support/alertmanager.ts";
import { startReceiver } from "../support/receiver.ts";
import { type SidecarProcess, startSidecarProcess } from "../support/sidecarProcess.ts";
import { planText } from "../support/testSidecar.ts";
import { until } from "../support/until.ts";

const WAIT = { deadlineMs: 20_000 };
const skip = ALERTMANAGER === undefined && "no prometheus-alertmanager here";

function clientOf(context: TestContext, sidecar: SidecarProcess): RolloutClient {
  const client = new RolloutClient(sidecar.grpc);
  context.after(() => client.close());
  return client;
}

test("a real Alertmanager fires for a rollback, through a crash of the sidecar, and says that it is over when a new rollout starts", {
  skip,
}, async (context) => {
  const hook = await startReceiver(context);
  const webhookUrl = hook.url;
  const manager = await startAlertmanager(context, { program: ALERTMANAGER ?? "", webhookUrl });
  const folder = mkdtempSync(join(tmpdir(), "understudy-pager-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const alertsPath = join(folder, "alerts.yaml");
  const target = `name: pager, type: alertmanager, url: "${manager.url}", repeat: 1s`;
  writeFileSync(
    alertsPath,
    `apiVersion: understudy.dev/v1alpha1\nkind: Alerts\nsource: eu-1\ntargets: [{ ${target} }]\n`,
  );
  const paths = { storePath: join(folder, "db"), alertsPath };
  const first = await startSidecarProcess(context, paths);
  const client = clientOf(context, first);
  await client.apply(planText());
  await client.change("Rollback", { name: "test", reason: "too slow" });
  const fires = async () => (await manager.firing())[0];
  const alert = await until(fires, { ...WAIT, what: "the alert fires" });
  assert.deepEqual(alert.labels, {
    alertname: "UnderstudyRolledBack",
    rollout: "test",
    severity: "critical",
    source: "eu-1",
  });
  assert.equal(alert.annotations.summary, "test: rolled back");
  assert.match(alert.annotations.description ?? "", /^too slow/);

  first.child.kill("SIGKILL");
  await once(first.child, "exit");
  const isQuiet = async () => (await manager.firing()).length === 0;
  await until(isQuiet, { ...WAIT, what: "what is not repeated ends by itself" });
  const second = await startSidecarProcess(context, paths);
  const again = await until(fires, { ...WAIT, what: "it fires again after the restart" });
  assert.equal(again.startsAt, alert.startsAt);
  await clientOf(context, second).apply(planText("test", "v3"));
  await until(isQuiet, { ...WAIT, what: "the alert is over" });

  const told = (status: string) => () =>
    hook.received.map(({ body }) => JSON.parse(body)).find((group) => group.status === status);
  const fired = await until(told("firing"), { ...WAIT, what: "the webhook is told of it" });
  assert.deepEqual(fired.groupLabels, { rollout: "test" });
  await until(told("resolved"), { ...WAIT, what: "the webhook is told of the end" });
});
