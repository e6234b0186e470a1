import { parseArgs } from "node:util";
import { CONFIG_KEYS } from "../config.ts";
import { type Change, RolloutClient } from "./client.ts";
import {
  CONNECTION_FLAGS,
  type ConnectionFlags,
  connectionUsage,
  readConnection,
} from "./connection.ts";
import { driftUsage, runDrift } from "./drift.ts";
import { plain } from "./plain.ts";
import { readPlanFile } from "./planFile.ts";
import { isEnded, printAll, printChange, printLine } from "./print.ts";
import { printDifferences } from "./printDifferences.ts";
import { profileUsage, runProfile } from "./profile.ts";
import { runSimulate, simulateUsage } from "./simulate.ts";
import { runToken, tokenUsage } from "./token.ts";

/** Where the words go. */
export type Output = {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Whether `out` shows colours. */
  readonly hasColours?: boolean;
  /** The caller's token, as the environment has it. */
  readonly token?: string | undefined;
};

type Call = {
  readonly client: RolloutClient;
  readonly subject: string;
  readonly reason: string;
  readonly out: (text: string) => void;
};

type Verb = { readonly subject: "FILE" | "NAME" | ""; readonly run: (call: Call) => Promise<void> };

const VERBS: Readonly<Record<string, Verb>> = {
  apply: {
    subject: "FILE",
    run: async ({ client, subject, out }) =>
      out(printAll(await client.apply(await readPlanFile(subject)))),
  },
  get: {
    subject: "NAME",
    run: async ({ client, subject, out }) => out(printAll(await client.get(subject))),
  },
  differences: {
    subject: "NAME",
    run: async ({ client, subject, out }) =>
      out(printDifferences(await client.differences(subject))),
  },
  list: {
    subject: "",
    run: async ({ client, out }) => {
      for (const rollout of await client.list()) {
        out(printLine(rollout));
      }
    },
  },
  watch: { subject: "NAME", run: watch },
  promote: { subject: "NAME", run: change("Promote") },
  rollback: { subject: "NAME", run: change("Rollback") },
  pause: { subject: "NAME", run: change("Pause") },
  resume: { subject: "NAME", run: change("Resume") },
};

/** Verbs that ask no sidecar. */
const OFFLINE: Readonly<
  Record<string, (flags: readonly string[], output: Output) => Promise<number>>
> = { simulate: runSimulate, profile: runProfile, drift: runDrift, token: runToken };

/** Runs one verb of the command line; returns the exit code: 0 done, 1 failed, 2 wrong usage. */
export async function runVerb(args: readonly string[], output: Output): Promise<number> {
  const [name = "", ...flags] = args;
  const run = Object.hasOwn(OFFLINE, name) ? OFFLINE[name] : undefined;
  if (run !== undefined) {
    return run(flags, output);
  }
  const parsed = parseVerb(args);
  if (typeof parsed === "string") {
    output.err(parsed);
    return args[0] === "help" || args[0] === "--help" ? 0 : 2;
  }
  let client: RolloutClient | undefined;
  try {
    client = new RolloutClient(await readConnection(parsed.connection, output.token));
    await parsed.verb.run({ ...parsed, client, out: (text) => output.out(plain(text)) });
    return 0;
  } catch (error) {
    output.err(plain(errorText(error)));
    return 1;
  } finally {
    client?.close();
  }
}

function parseVerb(args: readonly string[]):
  | {
      readonly verb: Verb;
      readonly subject: string;
      readonly connection: ConnectionFlags;
      readonly reason: string;
    }
  | string {
  const verb = Object.hasOwn(VERBS, args[0] ?? "") ? VERBS[args[0] ?? ""] : undefined;
  if (verb === undefined) {
    return usage();
  }
  try {
    const { values, positionals } = parseArgs({
      args: args.slice(1),
      allowPositionals: true,
      options: {
        ...CONNECTION_FLAGS,
        reason: { type: "string", default: "" },
      },
    });
    if (positionals.length !== (verb.subject === "" ? 0 : 1)) {
      return usage();
    }
    return { verb, subject: positionals[0] ?? "", reason: values.reason, connection: values };
  } catch (error) {
    return `${errorText(error)}\n${usage()}`;
  }
}

function change(kind: Change): Verb["run"] {
  return async ({ client, subject, reason, out }) =>
    out(printAll(await client.change(kind, { name: subject, reason })));
}

async function watch({ client, subject, out }: Call): Promise<void> {
  let last = "";
  for await (const rollout of client.watch(subject, new AbortController().signal)) {
    const line = printChange(rollout);
    if (line !== last) {
      out(line);
      last = line;
    }
    if (isEnded(rollout)) {
      out(printAll(rollout));
      return;
    }
  }
}

function usage(): string {
  const flags = CONFIG_KEYS.map(({ flag, meaning, ...key }) =>
    `         --${flag} ${key.default || "FILE"}`.padEnd(36).concat(meaning),
  );
  const verbs = Object.entries(VERBS).map(
    ([name, { subject }]) => `       understudy ${name} ${subject}`,
  );
  return [
    "usage: understudy serve [flags]",
    ...flags,
    ...verbs,
    ...connectionUsage(),
    "         --reason TEXT".padEnd(36).concat("why, for promote, rollback, pause and resume"),
    simulateUsage(),
    profileUsage(),
    driftUsage(),
    tokenUsage(),
  ].join("\n");
}

function errorText(error: unknown): string {
  if (error instanceof Error && "details" in error && typeof error.details === "string") {
    return error.details;
  }
  return error instanceof Error ? error.message : String(error);
}
