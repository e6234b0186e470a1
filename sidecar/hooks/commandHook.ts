import { runCommand } from "../outgoing/command.ts";
import type { HookAnswer } from "../ports/hooks.ts";
import type { HookSettings } from "./hooksFile.ts";
import { type Question, typeOf } from "./question.ts";

/** What a program ends with that can't say yet: EX_TEMPFAIL of sysexits.h. */
const LATER = 75;

/**
 * Asks a program: exit code 0 passes, 75 says later, any other fails. It reads the question as JSON on its standard input, or in variables; the last
 * line that it writes says why.
 */
export function commandHook(
  { document, folder, environment }: Extract<HookSettings, { kind: "command" }>,
  { source }: { readonly source: string },
): (question: Question, signal: AbortSignal) => Promise<HookAnswer> {
  return async (question, signal) => {
    const command = {
      run: document.run,
      folder,
      environment: { ...environment, ...variablesOf(question) },
      input: `${JSON.stringify({ type: typeOf(question), source, data: question })}\n`,
    };
    const { exitCode, lastLine } = await runCommand(command, signal);
    const reason = lastLine === "" ? `ended with ${exitCode}` : lastLine;
    if (exitCode === LATER) {
      return { outcome: "later", reason, retryAfterMs: undefined };
    }
    return exitCode === 0
      ? { outcome: "pass", reason }
      : { outcome: "fail", reason: lastLine === "" ? reason : `ended with ${exitCode}: ${reason}` };
  };
}

function variablesOf(question: Question): Readonly<Record<string, string>> {
  const { id, rollout, primary, candidate } = question;
  return {
    UNDERSTUDY_ID: id,
    UNDERSTUDY_ROLLOUT: rollout,
    UNDERSTUDY_PRIMARY: primary,
    UNDERSTUDY_CANDIDATE: candidate,
    ...("gate" in question && { UNDERSTUDY_GATE: question.gate, UNDERSTUDY_TO: question.to }),
  };
}
