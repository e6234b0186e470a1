#!/usr/bin/env node
import { runVerb } from "./cli/run.ts";
import { parseConfig } from "./config.ts";
import { createLog } from "./log.ts";
import type { Clock } from "./ports.ts";
import { startSidecar } from "./sidecar.ts";

/** Exit codes: done, failed, wrong usage. */
const DONE = 0;
const FAILED = 1;
const USAGE = 2;

const clock: Clock = { wallMs: () => Date.now(), steadyMs: () => performance.now() };

const [verb, ...args] = process.argv.slice(2);
process.exitCode =
  verb === "serve"
    ? await serve(args)
    : await runVerb([verb ?? "help", ...args], {
        out: (text) => process.stdout.write(`${text}\n`),
        err: (text) => process.stderr.write(`${text}\n`),
      });

/** Serves until SIGTERM or SIGINT, then drains. */
async function serve(flags: readonly string[]): Promise<number> {
  const log = createLog(process.stdout);
  const parsed = parseConfig(flags);
  if ("problems" in parsed) {
    for (const problem of parsed.problems) {
      process.stderr.write(`${problem}\n`);
    }
    return USAGE;
  }
  const ended = new Promise<NodeJS.Signals>((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
  });
  try {
    const sidecar = await startSidecar(parsed.config, { log, clock, random: Math.random });
    const { grpc, http } = sidecar;
    log.info({ grpc, http, store: parsed.config.storePath ?? "memory" }, "serving");
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
