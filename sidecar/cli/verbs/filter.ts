import { EXIT } from "../exitCodes.ts";
import { findFilterModule } from "../filterModule.ts";
import { defineVerb, type Verb } from "../verb.ts";

/** `understudy filter path`. */
export const filter: Verb = defineVerb({
  operands: "path",
  flags: {},
  about: ["Name the path in Envoy's configuration, or copy the file to where Envoy is."],
  examples: ["filter path"],
  run: async ({ output }) => {
    output.out((await findFilterModule()).path);
    return EXIT.done;
  },
});
