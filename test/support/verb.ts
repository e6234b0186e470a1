import { runVerb } from "../../sidecar/cli/run.ts";

/** Runs one command line of understudy; what it said and its exit code. */
export async function run(
  ...args: readonly string[]
): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runVerb(args, {
    out: (text) => out.push(text),
    err: (text) => err.push(text),
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}
