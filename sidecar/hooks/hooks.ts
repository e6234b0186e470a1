import type { Hook, HookAnswer, Hooks } from "../ports/hooks.ts";
import type { Clock } from "../ports.ts";
import { commandHook } from "./commandHook.ts";
import type { HookSettings, HooksSettings } from "./hooksFile.ts";
import type { Question } from "./question.ts";
import { webhookHook } from "./webhookHook.ts";

/** The hooks that the settings list; none without any. */
export function hooksOf(settings: HooksSettings | undefined, clock: Clock): Hooks {
  const { source = "", hooks = [] } = settings ?? {};
  return new Map(
    hooks.map((one): [string, Hook] => {
      const { name, timeout, giveUpAfter, onFailure, onSilence } = one.document;
      const ask = askerOf(one, { source, clock });
      return [name, { timeoutMs: timeout, giveUpMs: giveUpAfter, onFailure, onSilence, ask }];
    }),
  );
}

type Asker = (question: Question, signal: AbortSignal) => Promise<HookAnswer>;

function askerOf(
  settings: HookSettings,
  parts: { readonly source: string; readonly clock: Clock },
): Asker {
  switch (settings.kind) {
    case "webhook":
      return webhookHook(settings, parts);
    case "command":
      return commandHook(settings, parts);
    default:
      return settings satisfies never;
  }
}
