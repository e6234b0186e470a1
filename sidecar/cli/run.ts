import { nearest } from "../plan/nearest.ts";
import { errorText } from "./errorText.ts";
import { EXIT, type ExitCode } from "./exitCodes.ts";
import { UsageError } from "./flags.ts";
import { mainHelp, usageLine, verbHelp } from "./help.ts";
import type { Output } from "./output.ts";
import { plain } from "./plain.ts";
import type { Entry, Verb } from "./verb.ts";
import { VERBS } from "./verbs.ts";

const HELP = ["--help", "-h"];

/** Runs one verb of the command line; returns the exit code. */
export async function runVerb(args: readonly string[], output: Output): Promise<ExitCode> {
  const [first = "help", ...rest] = args;
  const name = first === "--version" ? "version" : first;
  const isHelp = name === "help" || HELP.includes(name);
  const asked = isHelp ? rest[0] : name;
  const entry = VERBS.find((verb) => verb.name === asked);
  if (entry !== undefined) {
    const verb = await entry.load();
    return isHelp || asksForHelp(rest)
      ? tellHelp(verbHelp(entry, verb), output)
      : await runLoaded(entry, verb, { args: rest, output });
  }
  if (asked === undefined) {
    return tellHelp(mainHelp(VERBS), output);
  }
  const near = nearest(
    asked,
    VERBS.map((verb) => verb.name),
  );
  output.err(plain(`${asked}: no verb${near === undefined ? "" : `: ${near}?`}`));
  output.err("usage: understudy VERB ...; `understudy --help` lists the verbs");
  return EXIT.usage;
}

async function runLoaded(
  { name }: Entry,
  verb: Verb,
  { args, output }: { readonly args: readonly string[]; readonly output: Output },
): Promise<ExitCode> {
  try {
    return await verb.run(args, { output, verbs: VERBS });
  } catch (error) {
    output.err(plain(errorText(error)));
    if (!(error instanceof UsageError)) {
      return EXIT.failed;
    }
    output.err(`${usageLine(name, verb)}\n\`understudy ${name} --help\` says more`);
    return EXIT.usage;
  }
}

/** What follows `--` is no flag. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return args.slice(0, end < 0 ? args.length : end).some((arg) => HELP.includes(arg));
}

function tellHelp(text: string, { out }: Output): ExitCode {
  out(text);
  return EXIT.done;
}
