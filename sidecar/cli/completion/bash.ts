import { type Completed, fillOf, operandsOf } from "./completed.ts";

/** The script that completes in bash, from 3.2 on; it is sourced. */
export function bashCompletion(verbs: readonly Completed[]): string {
  return `# Completes understudy in bash: source this.
_understudy() {
  local IFS=$' \\t\\n' words= fill= cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${verbs.map(({ name }) => name).join(" ")} help --help"
  else
    case "\${COMP_WORDS[1]} $prev" in
${verbs.flatMap(valueCases).join("\n")}
    *)
      case "\${COMP_WORDS[1]}" in
${verbs.map(verbCase).join("\n")}
      help) words="${verbs.map(({ name }) => name).join(" ")}" ;;
      esac
      case "$cur" in
      -*) fill= ;;
      *) [ -z "$fill" ] || words= ;;
      esac
      ;;
    esac
  fi
  case "$fill" in
  files)
    IFS=$'\\n'
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "$cur"))
    ;;
  names) COMPREPLY=($(compgen -W "$(understudy list 2>/dev/null | sed -n 's/^\\([^ :]*\\): .*/\\1/p')" -- "$cur")) ;;
  none) ;;
  *) COMPREPLY=($(compgen -W "$words" -- "$cur")) ;;
  esac
}
complete -F _understudy understudy`;
}

/** What is completed after a flag with a value. */
function valueCases({ name, told }: Completed): readonly string[] {
  return Object.entries(told.flags)
    .filter(([, { type }]) => type === "string")
    .map(([flag, about]) => {
      const fill = about.choices === undefined ? `fill=${fillOf(about.value)}` : "";
      const words = about.choices === undefined ? "" : `words="${about.choices.join(" ")}"`;
      return `    "${name} --${flag}") ${fill}${words} ;;`;
    });
}

function verbCase({ name, told }: Completed): string {
  const flags = [...Object.keys(told.flags), "help"].map((flag) => `--${flag}`).join(" ");
  const { choices, fill } = operandsOf(told);
  const operands =
    choices.length === 0
      ? fill
      : `$([ "$COMP_CWORD" -eq 2 ] || echo ${fill === "" ? "none" : fill})`;
  const words = choices.length === 0 ? flags : `${choices.join(" ")} ${flags}`;
  return `      ${name}) words="${words}" fill=${operands} ;;`;
}
