import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A process to start. It says that it is ready by a line of JSON on its standard output. */
export type Start<Ready> = {
  readonly name: string;
  /** Arguments for Node: the script and its own. */
  readonly args: readonly string[];
  /** Where `<name>.log` is written. */
  readonly folder: string;
  /** What a line says of readiness; undefined when it says nothing of it. */
  readonly ready: (line: Readonly<Record<string, unknown>>) => Ready | undefined;
};

/** A process that is ready. */
export type Running<Ready> = {
  readonly ready: Ready;
  /** Rejects when the process ends without having been stopped. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
};

const READY_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 5_000;
const LOG_TAIL_LINES = 10;

/** Starts a Node script and waits until it is ready. Rejects with the last lines of its log when it ends, or is not ready in 20 s. */
export async function startNode<Ready>(start: Start<Ready>): Promise<Running<Ready>> {
  const path = join(start.folder, `${start.name}.log`);
  const log = createWriteStream(path);
  const child = spawn(process.execPath, [...start.args], { stdio: ["ignore", "pipe", "pipe"] });
  child.stderr.pipe(log, { end: false });
  child.stdout.pipe(log, { end: false });
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", () => resolve());
  });
  endWithThisProcess(child.pid, ended);
  let stopping = false;
  const failed = ended.then(() => {
    // Once it is being stopped, an end is no failure, and nobody waits any more.
    return stopping ? new Promise<never>(() => {}) : Promise.reject(endedEarly(start.name, path));
  });
  failed.catch(() => {});
  const stop = async (): Promise<void> => {
    stopping = true;
    const force = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    child.kill("SIGTERM");
    await ended;
    clearTimeout(force);
    log.end();
  };
  try {
    const ready = await Promise.race([firstReady(child, start), failed]);
    return { ready, failed, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Ends a process by force should this one end before it, whatever the cause. */
export function endWithThisProcess(pid: number | undefined, ended: Promise<void>): void {
  if (pid === undefined) {
    return;
  }
  const kill = (): void => {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has just ended.
    }
  };
  process.once("exit", kill);
  void ended.then(() => process.off("exit", kill));
}

function endedEarly(name: string, path: string): Error {
  const tail = readFileSync(path, "utf8").trim().split("\n").slice(-LOG_TAIL_LINES).join("\n");
  return new Error(`${name} has ended by itself; it last said:\n${tail}`);
}

function firstReady<Ready>(child: ChildProcess, start: Start<Ready>): Promise<Ready> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`${start.name} was not ready after ${READY_TIMEOUT_MS} ms`)),
      READY_TIMEOUT_MS,
    );
    child.once("exit", () => clearTimeout(late));
    if (child.stdout === null) {
      return;
    }
    createInterface(child.stdout).on("line", (line) => {
      const ready = start.ready(fieldsOf(line));
      if (ready !== undefined) {
        clearTimeout(late);
        resolve(ready);
      }
    });
  });
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> {
  try {
    return { ...JSON.parse(line) };
  } catch {
    return {};
  }
}
