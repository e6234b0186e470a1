import { parseDuration } from "../../core/plan/duration.ts";
import { withClient } from "../asking.ts";
import type { Rollout } from "../client.ts";
import { CONNECTION_FLAGS } from "../connection.ts";
import { EXIT } from "../exitCodes.ts";
import { follow } from "../follow.ts";
import { OUTPUT_FLAGS } from "../output.ts";
import { isEnded, isPromoted } from "../print.ts";
import { changeTeller, tellRollout } from "../tellRollout.ts";
import { defineVerb, type Verb } from "../verb.ts";
import { awayTeller, checkDuration, lookUntil } from "../waiting.ts";

/** `understudy watch`. */
export const watch: Verb = defineVerb({
  operands: "NAME",
  flags: {
    timeout: {
      type: "string",
      value: "DURATION",
      check: checkDuration,
      meaning: "how long at most; else to the end",
    },
    ...OUTPUT_FLAGS,
    ...CONNECTION_FLAGS,
  },
  about: [
    "Goes on when the sidecar restarts. Ends with 0 when the rollout was promoted, 3 when it was rolled back, 4 at the timeout.",
  ],
  examples: ["watch my-model-v2", "watch my-model-v2 --timeout 2h --output json"],
  run: async ({ flags, operands: [name = ""], output }) => {
    const timeoutMs = flags.timeout === undefined ? undefined : parseDuration(flags.timeout);
    const telling = { form: flags.output, output };
    const onChange = changeTeller(telling);
    const isOver = (rollout: Rollout): boolean => {
      onChange(rollout);
      return isEnded(rollout);
    };
    const following = { timeoutMs, wasHeard: false, onAway: awayTeller(output) };
    const last = await withClient({ flags, output }, (client) =>
      lookUntil(follow(client, name, following), isOver),
    );
    if (last === undefined || !isEnded(last)) {
      return EXIT.undecided;
    }
    if (flags.output === "table") {
      tellRollout(last, telling);
    }
    return isPromoted(last) ? EXIT.done : EXIT.rolledBack;
  },
});
