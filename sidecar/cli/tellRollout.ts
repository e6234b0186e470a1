import { understudy } from "#proto";
import { messageJson } from "../server/messageJson.ts";
import type { Rollout } from "./client.ts";
import { inForm, type Output } from "./output.ts";
import { shown } from "./paint.ts";
import { printAll, printChange } from "./print.ts";

/** How a rollout is told. */
export type Telling = { readonly form: string; readonly output: Output };

/** Tells all of a rollout. */
export function tellRollout(rollout: Rollout, telling: Telling): void {
  telling.output.out(textOf(rollout, telling, printAll));
}

/** Tells a rollout in short, whenever that differs from what was told before. In YAML each is a document. */
export function changeTeller(telling: Telling): (rollout: Rollout) => void {
  let last = "";
  return (rollout) => {
    const text = textOf(rollout, telling, printChange);
    if (text !== last) {
      telling.output.out(telling.form === "yaml" ? `---\n${text}` : text);
      last = text;
    }
  };
}

function textOf(
  rollout: Rollout,
  { form, output }: Telling,
  print: (rollout: Rollout) => string,
): string {
  return inForm(form, {
    json: () => messageJson(understudy.v1.Rollout, rollout),
    text: () => shown(print(rollout), rollout, output.hasColours),
  });
}
