import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "./until.ts";

const MLFLOW = "mlflow==3.17.2";
const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
const folder = join(cache, "understudy", MLFLOW.replace("==", "-"));
const python = join(folder, "bin", "python");
/** Written last, so that half of an installation is none. */
const complete = join(folder, "complete");

/** Why there is no MLflow here; undefined where there is one. */
export const WITHOUT_MLFLOW: string | undefined = existsSync(complete)
  ? undefined
  : `no ${MLFLOW} in ${folder}: node test/support/mlflow.ts brings it, as .ci/run does`;

/** A real MLflow server. */
export type Mlflow = { readonly url: string; readonly stop: () => void };

/** Starts one on a free port. */
export async function startMlflow(): Promise<Mlflow> {
  const kept = mkdtempSync(join(tmpdir(), "understudy-mlflow-"));
  const port = await freePort();
  const at = ["--host", "127.0.0.1", "--port", String(port), "--workers", "1"];
  const stores = ["--backend-store-uri", `sqlite:///${kept}/mlflow.db`];
  const artifacts = ["--artifacts-destination", join(kept, "artifacts")];
  const child = spawn(python, ["-m", "mlflow", "server", ...at, ...stores, ...artifacts], {
    cwd: kept,
    // It serves from children of its own, which end with their group.
    detached: true,
    stdio: "ignore",
    env: { ...process.env, MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false", DO_NOT_TRACK: "true" },
  });
  const stop = () => {
    if (child.pid !== undefined && child.exitCode === null) {
      process.kill(-child.pid, "SIGKILL");
    }
    rmSync(kept, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  const isReady = async () => (await fetch(`${url}/health`).catch(() => undefined))?.ok;
  try {
    await until(isReady, { deadlineMs: 180_000, what: "MLflow is ready" });
  } catch (error) {
    stop();
    throw error;
  }
  return { url, stop };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Brings it into a virtual environment in the user's cache, once. */
function install(): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const options = { stdio: "inherit", timeout: 900_000 } as const;
  execFileSync("python3", ["-m", "venv", folder], options);
  execFileSync(python, ["-m", "pip", "install", "--quiet", MLFLOW], options);
  writeFileSync(complete, "");
}

if (import.meta.main && WITHOUT_MLFLOW !== undefined) {
  install();
}
