import { parseArgs } from "node:util";
import { isRole, ROLES } from "../access/caller.ts";
import { parseTime } from "../access/callers.ts";
import { addCaller } from "../access/callersFile.ts";
import { hashToken, mintToken } from "../access/token.ts";
import type { Output } from "./run.ts";

type Asked = {
  readonly name: string;
  readonly role: (typeof ROLES)[number];
  readonly untilMs: number;
  readonly file: string;
};

/** Runs `understudy token create`: prints a new token, once; the file gets its hash. Returns the exit code: 0 done, 1 failed, 2 wrong usage. */
export async function runToken(args: readonly string[], { out, err }: Output): Promise<number> {
  const asked = parseFlags(args);
  if ("problems" in asked) {
    err([...asked.problems, tokenUsage()].join("\n"));
    return 2;
  }
  const { file, ...caller } = asked;
  const token = mintToken();
  const credential = `sha256:${hashToken(token).toString("hex")}`;
  try {
    await addCaller(file, { ...caller, credential });
  } catch (error) {
    err(error instanceof Error ? error.message : String(error));
    return 1;
  }
  out(token);
  return 0;
}

/** The lines about `token` in the usage. */
export function tokenUsage(): string {
  const line = (flag: string, meaning: string) => `         --${flag}`.padEnd(36).concat(meaning);
  return [
    "       understudy token create",
    line("callers FILE", "the file that `serve --callers` reads"),
    line("name NAME", "what events call the caller"),
    line(`role ${ROLES[0]}`, `or ${ROLES.slice(1).join(", ")}`),
    line("until never", "or when it ends, in UTC: 2027-01-31, 2027-01-31T12:00Z"),
  ].join("\n");
}

function parseFlags(args: readonly string[]): Asked | { readonly problems: readonly string[] } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        callers: { type: "string" },
        name: { type: "string" },
        role: { type: "string" },
        until: { type: "string", default: "never" },
      },
    });
    const { callers: file, name, role = "", until } = values;
    const untilMs = until === "never" ? Number.POSITIVE_INFINITY : parseTime(until);
    const problems = [
      ...(positionals.join(" ") === "create" ? [] : [`${positionals.join(" ")}: create`]),
      ...(isRole(role) ? [] : [`--role: ${role}: one of ${ROLES.join(", ")}`]),
      ...(Number.isNaN(untilMs) ? [`--until: ${until}: never, or a time in UTC`] : []),
    ];
    return file === undefined || name === undefined || !isRole(role) || problems.length > 0
      ? { problems: [...problems, ...missing({ callers: file, name })] }
      : { file, name, role, untilMs };
  } catch (error) {
    return { problems: [error instanceof Error ? error.message : String(error)] };
  }
}

function missing(values: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.keys(values)
    .filter((flag) => values[flag] === undefined)
    .map((flag) => `--${flag}: nothing: it is required`);
}
