import { withClient } from "../asking.ts";
import { type Colour, painted } from "../colour.ts";
import { CONNECTION_FLAGS } from "../connection.ts";
import { examine } from "../doctor/examine.ts";
import type { Finding } from "../doctor/finding.ts";
import { EXIT } from "../exitCodes.ts";
import { inForm, OUTPUT_FLAGS } from "../output.ts";
import { plain } from "../plain.ts";
import { defineVerb, type Verb } from "../verb.ts";

const COLOURS: Readonly<Record<Finding["outcome"], Colour>> = {
  ok: "green",
  note: "yellow",
  problem: "red",
};

/** `understudy doctor`. */
export const doctor: Verb = defineVerb({
  operands: "",
  flags: {
    "envoy-admin": {
      type: "string",
      default: "http://127.0.0.1:9901",
      value: "URL",
      check: (text) => (/^https?:\/\//.test(text) && URL.canParse(text) ? undefined : "a URL"),
      meaning: "the admin of the Envoy to examine",
    },
    ...OUTPUT_FLAGS,
    ...CONNECTION_FLAGS,
  },
  about: ["It only looks, and moves nothing. Ends with 1 when there is a problem."],
  examples: ["doctor", "doctor --envoy-admin http://127.0.0.1:9901 --output json"],
  run: async ({ flags, output }) => {
    const findings = await withClient({ flags, output }, (client) =>
      examine({
        admin: flags["envoy-admin"],
        server: flags.server,
        list: () => client.list(),
      }),
    );
    const problems = findings.filter(({ outcome }) => outcome === "problem").length;
    output.out(
      inForm(flags.output, {
        json: () => ({ problems, findings }),
        text: () => textOf(findings, problems, output.hasColours === true),
      }),
    );
    return problems === 0 ? EXIT.done : EXIT.failed;
  },
});

function textOf(findings: readonly Finding[], problems: number, hasColours: boolean): string {
  const lines = findings.flatMap(({ check, outcome, found, advice }) => {
    const word = outcome.padEnd(7);
    const shown = hasColours ? painted(word, COLOURS[outcome]) : word;
    return [
      `${shown}  ${plain(`${check}: ${found}`)}`,
      ...(advice === "" ? [] : [`         → ${plain(advice)}`]),
    ];
  });
  const end = problems === 0 ? "All is well." : `${problems} problems.`;
  return [...lines, end].join("\n");
}
