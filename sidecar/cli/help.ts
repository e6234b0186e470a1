import type { Flag } from "./flags.ts";
import { alignedTable } from "./table.ts";
import { type Entry, GROUPS, type Told } from "./verb.ts";

/** What `understudy --help` says. */
export function mainHelp(verbs: readonly Entry[]): string {
  const width = Math.max(...verbs.map(({ name }) => name.length));
  const groups = GROUPS.flatMap((group) => [
    "",
    group,
    ...verbs
      .filter((verb) => verb.group === group)
      .map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
  ]);
  return [
    "Understudy lets a new version take over by evidence, in Envoy and Istio.",
    "",
    "usage: understudy VERB ...",
    "to begin: understudy serve, then understudy doctor, then understudy apply plan.yaml",
    ...groups,
    "",
    "`understudy VERB --help` tells its flags, with an example.",
    "Ends with 0 done, 1 failed, 2 wrong usage, 3 rolled back, 4 undecided at the timeout.",
  ].join("\n");
}

/** What `understudy VERB --help` says. */
export function verbHelp({ name, summary }: Entry, told: Told): string {
  const flags = Object.entries(told.flags).map(([flag, about]) => [
    `  ${flagText(flag, about)}`,
    meaningText(about),
  ]);
  return [
    usageLine(name, told),
    "",
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    ...(told.about ?? []),
    ...(flags.length === 0 ? [] : ["", ...alignedTable(flags, "ll")]),
    "",
    ...told.examples.map((example) => `example: understudy ${example}`),
  ].join("\n");
}

/** "usage: understudy apply FILE [flags]". */
export function usageLine(name: string, { operands, flags }: Told): string {
  const required = Object.entries(flags).filter(([, flag]) => flag.required === true);
  const optional = required.length < Object.keys(flags).length ? ["[flags]"] : [];
  const words = [...required.map(([flag, about]) => flagText(flag, about)), ...optional];
  return ["usage: understudy", name, operands, ...words].filter((word) => word !== "").join(" ");
}

function flagText(name: string, { type, value, choices }: Flag): string {
  return type === "boolean" ? `--${name}` : `--${name} ${value ?? choices?.join("|") ?? "TEXT"}`;
}

function meaningText({ meaning, default: preset }: Flag): string {
  const shown = typeof preset === "string" && preset !== "" ? ` (${preset})` : "";
  return `${meaning}${shown}`;
}
