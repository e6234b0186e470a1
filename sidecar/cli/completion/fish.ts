import { type Completed, fillOf, operandsOf } from "./completed.ts";

/** The script that completes in fish; it goes to ~/.config/fish/completions/understudy.fish. */
export function fishCompletion(verbs: readonly Completed[]): string {
  return [
    "# Completes understudy in fish.",
    "complete -c understudy -f",
    "complete -c understudy -l help -d 'what there is'",
    ...verbs.flatMap(linesOf),
  ].join("\n");
}

function linesOf({ name, summary, told }: Completed): readonly string[] {
  const after = `complete -c understudy -n '__fish_seen_subcommand_from ${name}'`;
  const { choices, fill } = operandsOf(told);
  return [
    `complete -c understudy -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
    ...(choices.length === 0 ? [] : [`${after} -a ${quoted(choices.join(" "))}`]),
    ...(fill === "files" ? [`${after} -F`] : []),
    ...(fill === "names"
      ? [`${after} -a "(understudy list 2>/dev/null | string match -r '^[^ :]+(?=: )')"`]
      : []),
    ...Object.entries(told.flags).map(([flag, { type, value, choices: words, meaning }]) => {
      const filled = words === undefined ? "" : ` -a ${quoted(words.join(" "))}`;
      const how = type === "boolean" ? "" : fillOf(value) === "files" ? " -r -F" : ` -x${filled}`;
      return `${after} -l ${flag}${how} -d ${quoted(meaning)}`;
    }),
  ];
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
