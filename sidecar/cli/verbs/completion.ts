import { bashCompletion } from "../completion/bash.ts";
import type { Completed } from "../completion/completed.ts";
import { fishCompletion } from "../completion/fish.ts";
import { zshCompletion } from "../completion/zsh.ts";
import { EXIT } from "../exitCodes.ts";
import { defineVerb, type Verb } from "../verb.ts";

const SHELLS: ReadonlyMap<string, (verbs: readonly Completed[]) => string> = new Map([
  ["bash", bashCompletion],
  ["zsh", zshCompletion],
  ["fish", fishCompletion],
]);

/** `understudy completion`. */
export const completion: Verb = defineVerb({
  operands: "bash|zsh|fish",
  flags: {},
  about: [
    "In bash: source <(understudy completion bash). In zsh: understudy completion zsh > a folder of $fpath, as _understudy.",
    "In fish: understudy completion fish > ~/.config/fish/completions/understudy.fish",
  ],
  examples: ["completion bash"],
  run: async ({ operands: [shell = ""], output, verbs }) => {
    const known = await Promise.all(
      verbs.map(async ({ name, summary, load }) => ({ name, summary, told: await load() })),
    );
    output.out(SHELLS.get(shell)?.(known) ?? "");
    return EXIT.done;
  },
});
