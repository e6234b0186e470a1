import { readFile } from "node:fs/promises";
import { packageFile } from "../../packageFile.ts";
import { EXIT } from "../exitCodes.ts";
import { findFilterModule } from "../filterModule.ts";
import { inForm, OUTPUT_FLAGS } from "../output.ts";
import { defineVerb, type Verb } from "../verb.ts";

/** `understudy version`. */
export const version: Verb = defineVerb({
  operands: "",
  flags: OUTPUT_FLAGS,
  examples: ["version"],
  run: async ({ flags, output }) => {
    const { version: understudy } = JSON.parse(await readFile(packageFile("package.json"), "utf8"));
    const filter = await findFilterModule();
    const { node } = process.versions;
    output.out(
      inForm(flags.output, {
        json: () => ({ understudy, node, filter }),
        text: () =>
          `understudy ${understudy}\nnode       ${node}\nfilter     sha256:${filter.sha256}`,
      }),
    );
    return EXIT.done;
  },
});
