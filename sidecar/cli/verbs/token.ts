import { isRole, ROLES } from "../../access/caller.ts";
import { parseTime, rolloutsProblem } from "../../access/callers.ts";
import { addCaller } from "../../access/callersFile.ts";
import { hashToken, mintToken } from "../../access/token.ts";
import { EXIT } from "../exitCodes.ts";
import { listed, UsageError } from "../flags.ts";
import { defineVerb, type Verb } from "../verb.ts";

/** `understudy token create`: the file gets the token's hash. */
export const token: Verb = defineVerb({
  operands: "create",
  flags: {
    callers: {
      type: "string",
      required: true,
      value: "FILE",
      meaning: "the file that `serve --callers` reads",
    },
    name: { type: "string", required: true, value: "NAME", meaning: "what events call the caller" },
    role: {
      type: "string",
      required: true,
      choices: ROLES,
      meaning: "what it may do",
    },
    until: {
      type: "string",
      default: "never",
      value: "TIME",
      check: (text) => (Number.isNaN(timeOf(text)) ? "never, or a time in UTC" : undefined),
      meaning: "when it ends, in UTC: 2027-01-31, 2027-01-31T12:00Z, never",
    },
    rollouts: {
      type: "string",
      value: "NAMES",
      check: (text) => rolloutsProblem(text.split(",")),
      meaning: "of a filter: which it may report, with a comma between; all",
    },
  },
  examples: [
    "token create --callers callers --role operator --name anna",
    "token create --callers callers --role filter --name shop-gateway --rollouts shop,checkout",
  ],
  run: async ({ flags, output }) => {
    const { callers: file, name, role, until, rollouts } = flags;
    if (!isRole(role)) {
      throw new UsageError([`--role: ${role}: ${listed(ROLES)}`]);
    }
    if (rollouts !== undefined && role !== "filter") {
      throw new UsageError([`--rollouts: ${rollouts}: only with --role filter`]);
    }
    const minted = mintToken();
    const credential = `sha256:${hashToken(minted).toString("hex")}`;
    const scope = rollouts === undefined ? {} : { rollouts: rollouts.split(",") };
    await addCaller(file, { name, role, untilMs: timeOf(until), credential, ...scope });
    output.out(minted);
    return EXIT.done;
  },
});

function timeOf(text: string): number {
  return text === "never" ? Number.POSITIVE_INFINITY : parseTime(text);
}
