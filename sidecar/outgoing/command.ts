import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { plainLine } from "../core/plainLine.ts";
import { OutgoingError } from "../ports/outgoing.ts";

/** A program, and what it is told. */
export type Command = {
  /** The program and its arguments; no shell sees them. */
  readonly run: readonly string[];
  /** The folder it runs in. */
  readonly folder: string;
  /** All of its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Its standard input. */
  readonly input: string;
};

/** How a program ended by itself. */
export type CommandEnd = {
  readonly exitCode: number;
  /** The last line that it wrote and that says something, made fit to be shown; "" without any. */
  readonly lastLine: string;
};

/** A program that writes more is ended. */
export const OUTPUT_BYTES_MAX: number = 1 << 20;
/** What is kept of it, from the end. */
const TAIL_BYTES = 8_192;
const LINE_CHARACTERS_MAX = 300;
/** How long a program that is told to end has for it. */
const GRACE_MS = 2_000;
/** How long what an ended program has written may take to come. */
const DRAIN_MS = 500;

/**
 * Runs a program in a process group of its own until it ends, and nothing of that group outlives it. When the signal aborts, the group is told to end
 * (SIGTERM), and killed 2 seconds later. Rejects only with OutgoingError: `unreachable` when the signal ended it, `failed` when it ended by another
 * signal or wrote more than 1 MiB, `misconfigured` when it can't be started.
 */
export async function runCommand(command: Command, signal: AbortSignal): Promise<CommandEnd> {
  const { run, folder, environment, input } = command;
  const [program = "", ...args] = run;
  if (signal.aborted) {
    throw new OutgoingError("unreachable", LATE);
  }
  const child = spawn(program, args, { cwd: folder, env: environment, detached: true });
  const group = new Group(child);
  const output = new Output(() => group.end());
  const end = (): void => group.end();
  const closed = new Promise((resolve) => child.once("close", resolve));
  signal.addEventListener("abort", end);
  try {
    child.stdout.on("data", (chunk: Buffer) => output.add(chunk));
    child.stderr.on("data", (chunk: Buffer) => output.add(chunk));
    // A program need not read what it is told.
    child.stdin.on("error", () => undefined).end(input);
    const [exitCode]: (number | null)[] = await once(child, "exit").catch(notStarted);
    group.sweep();
    await soon(closed);
    return endOf(exitCode ?? undefined, { output, isLate: signal.aborted });
  } finally {
    signal.removeEventListener("abort", end);
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

const LATE = "had not ended in time";

function endOf(
  exitCode: number | undefined,
  { output, isLate }: { readonly output: Output; readonly isLate: boolean },
): CommandEnd {
  if (isLate) {
    throw new OutgoingError("unreachable", LATE);
  }
  if (output.isTooMuch) {
    throw new OutgoingError("failed", `wrote more than ${OUTPUT_BYTES_MAX} bytes`);
  }
  if (exitCode === undefined) {
    throw new OutgoingError("failed", "was ended by a signal");
  }
  return { exitCode, lastLine: output.lastLine };
}

function notStarted(error: unknown): never {
  const code = error instanceof Error && "code" in error ? String(error.code) : "an error";
  throw new OutgoingError("misconfigured", `can't be started: ${code}`);
}

/** Waits, not for long, for what is in the pipes: a program outside of the group may hold them. */
async function soon(closed: Promise<unknown>): Promise<void> {
  const waiting = new AbortController();
  const given = delay(DRAIN_MS, undefined, { signal: waiting.signal }).catch(() => undefined);
  await Promise.race([closed, given]);
  waiting.abort();
}

/** The processes of a program: those that it starts are in its group, unless they leave it. */
class Group {
  readonly #pid: number | undefined;
  #killing: NodeJS.Timeout | undefined;

  constructor({ pid }: ChildProcess) {
    this.#pid = pid;
  }

  /** Tells them to end, and kills them later. */
  end(): void {
    if (this.#killing === undefined) {
      this.#send("SIGTERM");
      this.#killing = setTimeout(() => this.#send("SIGKILL"), GRACE_MS);
    }
  }

  /** Kills those that are left when the program itself has ended. */
  sweep(): void {
    clearTimeout(this.#killing);
    this.#send("SIGKILL");
  }

  #send(signal: "SIGTERM" | "SIGKILL"): void {
    try {
      if (this.#pid !== undefined) {
        process.kill(-this.#pid, signal);
      }
    } catch {
      // There is none of them any more.
    }
  }
}

/** The end of what a program writes, on both its streams as it came. */
class Output {
  readonly #tooMuch: () => void;
  #tail: Buffer = Buffer.alloc(0);
  #bytes = 0;

  constructor(tooMuch: () => void) {
    this.#tooMuch = tooMuch;
  }

  get isTooMuch(): boolean {
    return this.#bytes > OUTPUT_BYTES_MAX;
  }

  get lastLine(): string {
    const lines = this.#tail.toString("utf8").split("\n");
    const plain = lines.map((line) => plainLine(line, LINE_CHARACTERS_MAX));
    return plain.findLast((line) => line !== "") ?? "";
  }

  add(chunk: Buffer): void {
    this.#bytes += chunk.length;
    this.#tail = Buffer.concat([this.#tail, chunk]).subarray(-TAIL_BYTES);
    if (this.isTooMuch) {
      this.#tooMuch();
    }
  }
}
