#!/usr/bin/env node
import { EXIT, type ExitCode } from "./cli/exitCodes.ts";
import { runVerb } from "./cli/run.ts";
import type { Config } from "./config.ts";
import type { Clock } from "./ports.ts";
import type { Surroundings } from "./sidecar.ts";

const clock: Clock = { wallMs: () => Date.now(), steadyMs: () => performance.now() };

/** What is read again while the sidecar serves. */
const FOLLOWED = ["alertsPath", "callersPath", "hooksPath", "tls", "xdsPath"] as const;

// Who reads may have seen enough, as `head` has.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") {
    throw error;
  }
  process.exit(EXIT.failed);
});

process.exitCode = await runVerb(process.argv.slice(2), {
  out: (text) => process.stdout.write(`${text}\n`),
  err: (text) => process.stderr.write(`${text}\n`),
  hasColours: process.stdout.isTTY && process.stdout.hasColors(),
  token: process.env.UNDERSTUDY_TOKEN,
  serve,
});

/** Serves until SIGTERM or SIGINT, then drains. */
async function serve(flags: readonly string[]): Promise<ExitCode> {
  const { parseConfig } = await import("./config.ts");
  const parsed = parseConfig(flags);
  if ("problems" in parsed) {
    return misused(parsed.problems);
  }
  const { config } = parsed;
  const files = await readFiles(config);
  if ("problems" in files) {
    return misused(files.problems);
  }
  const { createLog } = await import("./log.ts");
  const { startSidecar } = await import("./sidecar.ts");
  const log = createLog(process.stdout);
  const ended = new Promise<NodeJS.Signals>((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
  });
  try {
    const surroundings = { log, clock, random: Math.random, environment: process.env, ...files };
    const sidecar = await startSidecar(config, surroundings);
    const { grpc, http } = sidecar;
    if (FOLLOWED.some((key) => config[key] !== undefined)) {
      process.on("SIGHUP", () => void sidecar.reload());
    }
    log.info({ grpc, http, store: config.storePath ?? "memory" }, "serving");
    const signal = await ended;
    log.info({ signal }, "stopping");
    await sidecar.stop();
    log.info({}, "stopped");
    return EXIT.done;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    log.error({ why }, "could not serve");
    return EXIT.failed;
  }
}

/** What the files say that the configuration names, or everything that is wrong in them. */
async function readFiles(config: Config): Promise<Files> {
  const { alertsPath, hooksPath, modelsPath, xdsPath } = config;
  const { readAlerts } = await import("./alerts/alertsFile.ts");
  const { readHooks } = await import("./hooks/hooksFile.ts");
  const { readModels } = await import("./models/modelsFile.ts");
  const { readEnvoys } = await import("./xds/envoysFile.ts");
  const nothing = { settings: undefined };
  const alerts = alertsPath === undefined ? nothing : readAlerts(alertsPath, process.env);
  const hooks = hooksPath === undefined ? nothing : readHooks(hooksPath, process.env);
  const envoys = xdsPath === undefined ? nothing : readEnvoys(xdsPath);
  const models = modelsPath === undefined ? nothing : await readModels(modelsPath, process.env);
  const problems = [alerts, hooks, models, envoys].flatMap((read) =>
    "problems" in read ? read.problems : [],
  );
  return problems.length > 0
    ? { problems }
    : { alerts: settingsOf(alerts), hooks: settingsOf(hooks), models: settingsOf(models) };
}

function settingsOf<Settings>(
  read: { readonly settings: Settings } | { readonly problems: readonly string[] },
): Settings | undefined {
  return "settings" in read ? read.settings : undefined;
}

type Files =
  | Pick<Surroundings, "alerts" | "hooks" | "models">
  | { readonly problems: readonly string[] };

function misused(problems: readonly string[]): ExitCode {
  for (const problem of problems) {
    process.stderr.write(`${problem}\n`);
  }
  return EXIT.usage;
}
