#!/usr/bin/env node
import type { Clock } from "./ports.ts";

/** Exit codes: done, failed, wrong usage. */
const DONE = 0;
const FAILED = 1;
const USAGE = 2;

const clock: Clock = { wallMs: () => Date.now(), steadyMs: () => performance.now() };

const [verb = "help", ...args] = process.argv.slice(2);
process.exitCode = verb === "serve" ? await serve(args) : await ask();

/** Serves until SIGTERM or SIGINT, then drains. */
async function serve(flags: readonly string[]): Promise<number> {
  const { parseConfig } = await import("./config.ts");
  const parsed = parseConfig(flags);
  if ("problems" in parsed) {
    return misused(parsed.problems);
  }
  const { config } = parsed;
  const { readAlerts } = await import("./alerts/alertsFile.ts");
  const read =
    config.alertsPath === undefined
      ? { settings: undefined }
      : readAlerts(config.alertsPath, process.env);
  if ("problems" in read) {
    return misused(read.problems);
  }
  const { createLog } = await import("./log.ts");
  const { startSidecar } = await import("./sidecar.ts");
  const log = createLog(process.stdout);
  const ended = new Promise<NodeJS.Signals>((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
  });
  try {
    const alerts = read.settings;
    const sidecar = await startSidecar(config, { log, clock, random: Math.random, alerts });
    const { grpc, http } = sidecar;
    if (config.callersPath !== undefined || config.tls !== undefined) {
      process.on("SIGHUP", () => void sidecar.reload());
    }
    log.info({ grpc, http, store: config.storePath ?? "memory" }, "serving");
    const signal = await ended;
    log.info({ signal }, "stopping");
    await sidecar.stop();
    log.info({}, "stopped");
    return DONE;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    log.error({ why }, "could not serve");
    return FAILED;
  }
}

function misused(problems: readonly string[]): number {
  for (const problem of problems) {
    process.stderr.write(`${problem}\n`);
  }
  return USAGE;
}

/** Runs any other verb. */
async function ask(): Promise<number> {
  const { runVerb } = await import("./cli/run.ts");
  return runVerb([verb, ...args], {
    out: (text) => process.stdout.write(`${text}\n`),
    err: (text) => process.stderr.write(`${text}\n`),
    hasColours: process.stdout.isTTY && process.stdout.hasColors(),
    token: process.env.UNDERSTUDY_TOKEN,
  });
}
