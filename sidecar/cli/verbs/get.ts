import { withClient } from "../asking.ts";
import { CONNECTION_FLAGS } from "../connection.ts";
import { EXIT } from "../exitCodes.ts";
import { OUTPUT_FLAGS } from "../output.ts";
import { tellRollout } from "../tellRollout.ts";
import { defineVerb, type Verb } from "../verb.ts";

/** `understudy get`. */
export const get: Verb = defineVerb({
  operands: "NAME",
  flags: { ...OUTPUT_FLAGS, ...CONNECTION_FLAGS },
  examples: ["get my-model-v2", "get my-model-v2 --output json"],
  run: async ({ flags, operands: [name = ""], output }) => {
    const rollout = await withClient({ flags, output }, (client) => client.get(name));
    tellRollout(rollout, { form: flags.output, output });
    return EXIT.done;
  },
});
