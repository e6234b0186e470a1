import { spawn } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Environment } from "../../sidecar/envoy/run.ts";
import { endWithThisProcess } from "../support/orphans.ts";
import { until } from "../support/until.ts";

/** How a part of the control plane is run, and when it serves. */
export type ChildParts = {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly env: Environment;
  /** Where it runs, and its log is. */
  readonly folder: string;
  readonly isReady: () => Promise<boolean>;
};

const READY_MS_MAX = 90_000;
const END_MS_MAX = 15_000;
const LOG_TAIL_LINES = 20;

/** A process that can be ended and started again. */
export class Child {
  readonly #parts: ChildParts;
  #running:
    | {
        readonly ended: Promise<void>;
        readonly isAlive: () => boolean;
        readonly kill: (signal: NodeJS.Signals) => void;
      }
    | undefined;

  constructor(parts: ChildParts) {
    this.#parts = parts;
  }

  /** What it logged, in all its lives. */
  log(): string {
    return readFileSync(this.#logFile, "utf8");
  }

  /** Starts it unless it runs, and waits until it serves. */
  async start(): Promise<void> {
    if (this.#running?.isAlive() === true) {
      return;
    }
    const { name, command, env, folder, isReady } = this.#parts;
    const [file, ...args] = command;
    const output = openSync(this.#logFile, "a");
    const child = spawn(file, args, { cwd: folder, env, stdio: ["ignore", output, output] });
    endWithThisProcess(child.pid ?? -1);
    let hasEnded = false;
    const ended = new Promise<void>((resolve) => {
      child.once("exit", () => {
        hasEnded = true;
        resolve();
      });
    });
    this.#running = { ended, isAlive: () => !hasEnded, kill: (signal) => child.kill(signal) };
    try {
      await until(
        () => {
          if (hasEnded) {
            throw new Error(`${name} has ended`);
          }
          return isReady();
        },
        { deadlineMs: READY_MS_MAX, what: `${name} serves` },
      );
    } catch (error) {
      const tail = this.log().trim().split("\n").slice(-LOG_TAIL_LINES).join("\n");
      throw new Error(`${name}: ${String(error)}\n${tail}`, { cause: error });
    }
  }

  /** Ends it as a crash does. */
  async kill(): Promise<void> {
    this.#running?.kill("SIGKILL");
    await this.#running?.ended;
  }

  /** Ends it in order, by force if that takes too long. */
  async stop(): Promise<void> {
    this.#running?.kill("SIGTERM");
    const force = new AbortController();
    const forced = delay(END_MS_MAX, undefined, { signal: force.signal }).then(
      () => this.#running?.kill("SIGKILL"),
      () => undefined,
    );
    await this.#running?.ended;
    force.abort();
    await forced;
  }

  get #logFile(): string {
    return join(this.#parts.folder, `${this.#parts.name}.log`);
  }
}
