import { understudy } from "#proto";
import { messageJson } from "../../server/messageJson.ts";
import { withClient } from "../asking.ts";
import { CONNECTION_FLAGS } from "../connection.ts";
import { EXIT } from "../exitCodes.ts";
import { inForm, OUTPUT_FLAGS } from "../output.ts";
import { shown } from "../paint.ts";
import { printLine } from "../print.ts";
import { defineVerb, type Verb } from "../verb.ts";

const v1 = understudy.v1;

/** `understudy list`. */
export const list: Verb = defineVerb({
  operands: "",
  flags: { ...OUTPUT_FLAGS, ...CONNECTION_FLAGS },
  examples: ["list"],
  run: async ({ flags, output }) => {
    const rollouts = await withClient({ flags, output }, (client) => client.list());
    const text = inForm(flags.output, {
      json: () => ({ rollouts: rollouts.map((rollout) => messageJson(v1.Rollout, rollout)) }),
      text: () =>
        rollouts.map((rollout) => shown(printLine(rollout), rollout, output.hasColours)).join("\n"),
    });
    if (text !== "") {
      output.out(text);
    }
    return EXIT.done;
  },
});
