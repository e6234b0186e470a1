import { understudy } from "#proto";
import { messageJson } from "../../server/messageJson.ts";
import { withClient } from "../asking.ts";
import { CONNECTION_FLAGS } from "../connection.ts";
import { EXIT } from "../exitCodes.ts";
import { inForm, OUTPUT_FLAGS } from "../output.ts";
import { plain } from "../plain.ts";
import { printDifferences } from "../printDifferences.ts";
import { defineVerb, type Verb } from "../verb.ts";

/** `understudy differences`. */
export const differences: Verb = defineVerb({
  operands: "NAME",
  flags: { ...OUTPUT_FLAGS, ...CONNECTION_FLAGS },
  about: ["What is shown of answers is redacted by the plan. Counted since the sidecar began."],
  examples: ["differences my-model-v2"],
  run: async ({ flags, operands: [name = ""], output }) => {
    const found = await withClient({ flags, output }, (client) => client.differences(name));
    output.out(
      inForm(flags.output, {
        json: () => messageJson(understudy.v1.DifferencesResponse, found),
        text: () => plain(printDifferences(found)),
      }),
    );
    return EXIT.done;
  },
});
