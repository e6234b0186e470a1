import { readPlanFile } from "../../plan/planFile.ts";
import { withClient } from "../asking.ts";
import { CONNECTION_FLAGS } from "../connection.ts";
import { KEY_FLAGS } from "../keyFlags.ts";
import { OUTPUT_FLAGS } from "../output.ts";
import { defineVerb, type Verb } from "../verb.ts";
import { tellOrWait, WAIT_FLAGS } from "../waiting.ts";

const REASON = { type: "string", default: "", value: "TEXT", meaning: "why, for the log" } as const;

/** `understudy apply`. */
export const apply: Verb = defineVerb({
  operands: "FILE",
  flags: { reason: REASON, ...WAIT_FLAGS, ...KEY_FLAGS, ...OUTPUT_FLAGS, ...CONNECTION_FLAGS },
  about: [
    "With --wait it ends with 0 when the rollout was promoted, 3 when it was rolled back, 4 when neither had happened at the timeout.",
  ],
  examples: ["apply plan.yaml", "apply plan.yaml --wait --timeout 2h"],
  run: async ({ flags, operands: [file = ""], output }) => {
    const plan = await readPlanFile(file);
    const key = flags["idempotency-key"];
    return await withClient({ flags, output }, (client) =>
      tellOrWait({ client, flags, output }, () =>
        client.apply(plan, { reason: flags.reason, ...(key !== undefined && { key }) }),
      ),
    );
  },
});
