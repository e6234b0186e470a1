import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { until } from "./until.ts";

/** The program: that of ALERTMANAGER, else Debian's, else the original's name; undefined where there is none. */
export const ALERTMANAGER: string | undefined = [
  process.env.ALERTMANAGER ?? "",
  "prometheus-alertmanager",
  "alertmanager",
].find((name) => name !== "" && spawnSync(name, ["--version"]).status === 0);

/** An alert as an Alertmanager shows it. */
export type ShownAlert = {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
};

/** A real Alertmanager. */
export type Alertmanager = {
  readonly url: string;
  /** What fires now. */
  readonly firing: () => Promise<readonly ShownAlert[]>;
};

/** Starts one that sends what fires and what is over to a webhook, grouped by rollout; it ends with the test. */
export async function startAlertmanager(
  context: TestContext,
  options: { readonly program: string; readonly webhookUrl: string },
): Promise<Alertmanager> {
  const folder = mkdtempSync(join(tmpdir(), "understudy-alertmanager-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const configPath = join(folder, "alertmanager.yml");
  const route = "receiver: hook, group_by: [rollout], group_wait: 1s, group_interval: 1s";
  writeFileSync(
    configPath,
    `route: { ${route} }
receivers: [{ name: hook, webhook_configs: [{ url: "${options.webhookUrl}", send_resolved: true }] }]
`,
  );
  const port = await freePort();
  const child = spawn(
    options.program,
    [
      `--config.file=${configPath}`,
      `--storage.path=${folder}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--cluster.listen-address=",
    ],
    { stdio: "ignore" },
  );
  context.after(() => child.kill("SIGKILL"));
  const url = `http://127.0.0.1:${port}`;
  const isReady = async () => (await fetch(`${url}/-/ready`).catch(() => undefined))?.ok;
  await until(isReady, { deadlineMs: 20_000, what: "the Alertmanager is ready" });
  return {
    url,
    firing: async () => (await fetch(`${url}/api/v2/alerts?active=true`)).json(),
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}
