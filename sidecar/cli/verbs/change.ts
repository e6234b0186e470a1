import { withClient } from "../asking.ts";
import type { Change } from "../client.ts";
import { CONNECTION_FLAGS } from "../connection.ts";
import { wholeNumber } from "../flags.ts";
import { OUTPUT_FLAGS } from "../output.ts";
import { defineVerb, type Verb } from "../verb.ts";
import { tellOrWait, WAIT_FLAGS } from "../waiting.ts";

/** `understudy promote`. */
export const promote: Verb = changeVerb("Promote", "promote my-model-v2 --reason 'seen enough'");
/** `understudy rollback`. */
export const rollback: Verb = changeVerb("Rollback", "rollback my-model-v2 --reason 'odd answers'");
/** `understudy pause`. */
export const pause: Verb = changeVerb("Pause", "pause my-model-v2 --reason 'over the weekend'");
/** `understudy resume`. */
export const resume: Verb = changeVerb("Resume", "resume my-model-v2 --wait --timeout 2h");

function changeVerb(kind: Change, example: string): Verb {
  return defineVerb({
    operands: "NAME",
    flags: {
      reason: { type: "string", default: "", value: "TEXT", meaning: "why, for the log" },
      revision: {
        type: "string",
        value: "N",
        check: wholeNumber(1, Number.MAX_SAFE_INTEGER),
        meaning: "refused unless the rollout has it, as `get` shows it",
      },
      ...WAIT_FLAGS,
      ...OUTPUT_FLAGS,
      ...CONNECTION_FLAGS,
    },
    examples: [example],
    run: async ({ flags, operands: [name = ""], output }) => {
      const request = { name, reason: flags.reason, revision: Number(flags.revision ?? 0) };
      return await withClient({ flags, output }, (client) =>
        tellOrWait(
          { client, flags, output },
          () => client.change(kind, request),
          kind === "Rollback" ? "rolled back" : "promoted",
        ),
      );
    },
  });
}
