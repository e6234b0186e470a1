import { understudy } from "#proto";
import { messageJson } from "../../server/messageJson.ts";
import { withClient } from "../asking.ts";
import { CONNECTION_FLAGS } from "../connection.ts";
import { EXIT } from "../exitCodes.ts";
import { inForm, OUTPUT_FLAGS } from "../output.ts";
import { plain } from "../plain.ts";
import { printExplanation } from "../printExplanation.ts";
import { defineVerb, type Verb } from "../verb.ts";

/** `understudy explain`. */
export const explain: Verb = defineVerb({
  operands: "NAME",
  flags: { ...OUTPUT_FLAGS, ...CONNECTION_FLAGS },
  about: [
    "Odds say how many times likelier what was seen would be: 1 is no evidence, and the plan's alpha says how high they must come.",
  ],
  examples: ["explain my-model-v2"],
  run: async ({ flags, operands: [name = ""], output }) => {
    const explanation = await withClient({ flags, output }, (client) => client.explain(name));
    output.out(
      inForm(flags.output, {
        json: () => messageJson(understudy.v1.Explanation, explanation),
        text: () => plain(printExplanation(explanation)),
      }),
    );
    return EXIT.done;
  },
});
