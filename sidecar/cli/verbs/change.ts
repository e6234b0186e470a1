import { withClient } from "../asking.ts";
import type { Change, RolloutClient } from "../client.ts";
import { CONNECTION_FLAGS } from "../connection.ts";
import { EXIT } from "../exitCodes.ts";
import { type Values, wholeNumber } from "../flags.ts";
import { KEY_FLAGS } from "../keyFlags.ts";
import { OUTPUT_FLAGS } from "../output.ts";
import { tellRollout } from "../tellRollout.ts";
import { defineVerb, type Verb } from "../verb.ts";
import { tellOrWait, WAIT_FLAGS } from "../waiting.ts";

const FLAGS = {
  reason: { type: "string", default: "", value: "TEXT", meaning: "why, for the log" },
  revision: {
    type: "string",
    value: "N",
    check: wholeNumber(1, Number.MAX_SAFE_INTEGER),
    meaning: "refused unless the rollout has it, as `get` shows it",
  },
  ...KEY_FLAGS,
  ...OUTPUT_FLAGS,
  ...CONNECTION_FLAGS,
} as const;

/** `understudy promote`. */
export const promote: Verb = movingVerb("Promote", "promote my-model-v2 --reason 'seen enough'");
/** `understudy rollback`. */
export const rollback: Verb = movingVerb("Rollback", "rollback my-model-v2 --reason 'odd answers'");
/** `understudy resume`. */
export const resume: Verb = movingVerb("Resume", "resume my-model-v2 --wait --timeout 2h");
/** `understudy approve`. */
export const approve: Verb = movingVerb("Approve", "approve my-model-v2 --reason 'looks good'");
/** `understudy pause`. */
export const pause: Verb = endingVerb("Pause", "pause my-model-v2 --reason 'over the weekend'");
/** `understudy delete`. */
export const deleteEnded: Verb = endingVerb("Delete", "delete my-model-v2");

/** A change after which one may wait for the end. */
function movingVerb(kind: Change, example: string): Verb {
  return defineVerb({
    operands: "NAME",
    flags: { ...WAIT_FLAGS, ...FLAGS },
    examples: [example],
    run: async ({ flags, operands: [name = ""], output }) =>
      await withClient({ flags, output }, (client) =>
        tellOrWait(
          { client, flags, output },
          () => client.change(kind, requestOf(name, flags), flags["idempotency-key"]),
          kind === "Rollback" ? "rolled back" : "promoted",
        ),
      ),
  });
}

/** A change after which there is nothing to wait for. */
function endingVerb(kind: Change, example: string): Verb {
  return defineVerb({
    operands: "NAME",
    flags: FLAGS,
    examples: [example],
    run: async ({ flags, operands: [name = ""], output }) => {
      const rollout = await withClient({ flags, output }, (client) =>
        client.change(kind, requestOf(name, flags), flags["idempotency-key"]),
      );
      tellRollout(rollout, { form: flags.output, output });
      return EXIT.done;
    },
  });
}

function requestOf(
  name: string,
  { reason, revision = "0" }: Values<typeof FLAGS>,
): Parameters<RolloutClient["change"]>[1] {
  return { name, reason, revision: Number(revision) };
}
