import type { Output } from "../../sidecar/cli/output.ts";
import { runVerb } from "../../sidecar/cli/run.ts";

/** How a command line ended. */
export type Ran = { readonly code: number; readonly out: string; readonly err: string };

/** Runs one command line of understudy; what it said and its exit code. */
export async function run(...args: readonly string[]): Promise<Ran> {
  return await runIn({}, ...args);
}

/** The same where more is known of the process; `onLine` is told what is printed at once. */
export async function runIn(
  process: Partial<Output> & { readonly onLine?: (line: string) => void },
  ...args: readonly string[]
): Promise<Ran> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runVerb(args, {
    ...process,
    out: (text) => {
      out.push(text);
      process.onLine?.(text);
    },
    err: (text) => {
      err.push(text);
      process.onLine?.(text);
    },
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}
