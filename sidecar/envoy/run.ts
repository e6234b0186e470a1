import { execFile } from "node:child_process";

/** Environment variables, as a child process gets them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a command that ended left behind; `exitCode` is -1 when it could not be started or did not end in time. */
export type Ended = { readonly exitCode: number; readonly output: string };

const OUTPUT_BYTES_MAX = 1 << 20;

/** Runs a command to its end. Never rejects: a command that can't be started is an end, too. */
export function run(
  command: readonly [string, ...string[]],
  options: { readonly env: Environment; readonly timeoutMs: number },
): Promise<Ended> {
  const [file, ...args] = command;
  return new Promise((resolve) => {
    execFile(
      file,
      args,
      { env: options.env, timeout: options.timeoutMs, maxBuffer: OUTPUT_BYTES_MAX },
      (error, stdout, stderr) => {
        const output = `${stdout}${stderr}`;
        if (error === null) {
          resolve({ exitCode: 0, output });
        } else {
          const exitCode = typeof error.code === "number" ? error.code : -1;
          resolve({ exitCode, output: output === "" ? error.message : output });
        }
      },
    );
  });
}

/** The last line that says something, for a message of one line. */
export function lastLine(output: string): string {
  return output.trim().split("\n").at(-1)?.trim() ?? "";
}
