import { type Completed, fillOf, operandsOf } from "./completed.ts";

/** The script that completes in zsh; it goes to a folder of $fpath as _understudy, or is sourced after compinit. */
export function zshCompletion(verbs: readonly Completed[]): string {
  return `#compdef understudy
# Completes understudy in zsh.
_understudy_names() { compadd -- \${(f)"$(understudy list 2>/dev/null | sed -n 's/^\\([^ :]*\\): .*/\\1/p')"} }
_understudy() {
  local -a verbs
  verbs=(
${verbs.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`).join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe 'verb' verbs
    return
  fi
  local verb=$words[2]
  shift words
  (( CURRENT-- ))
  case $verb in
${verbs.map(caseOf).join("\n")}
  esac
}
if [ "$funcstack[1]" = _understudy ]; then _understudy; else compdef _understudy understudy; fi`;
}

function caseOf({ name, told }: Completed): string {
  const { choices, fill } = operandsOf(told);
  const first = choices.length === 0 ? [] : [quoted(`1:what:(${choices.join(" ")})`)];
  const rest =
    fill === "files"
      ? [quoted("*:file:_files")]
      : fill === "names"
        ? [quoted("*:rollout:_understudy_names")]
        : [];
  const flags = Object.entries(told.flags).map(
    ([flag, { type, multiple, value, choices: words, meaning }]) => {
      const action =
        words === undefined ? (fillOf(value) === "files" ? "_files" : " ") : `(${words.join(" ")})`;
      const takes = type === "boolean" ? "" : `:${value ?? flag}:${action}`;
      const often = multiple === true ? "*" : "";
      return quoted(`${often}--${flag}[${meaning.replace(/[[\]:\\]/g, "\\$&")}]${takes}`);
    },
  );
  return `  ${name}) _arguments ${[...flags, ...first, ...rest, quoted("--help[what there is]")].join(" ")} ;;`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
