import { createReadStream } from "node:fs";
import { understudy } from "#proto";
import { messageJson } from "../../server/messageJson.ts";
import { withClient } from "../asking.ts";
import { CONNECTION_FLAGS } from "../connection.ts";
import { EXIT } from "../exitCodes.ts";
import { readLabels } from "../labelFile.ts";
import { inForm, OUTPUT_FLAGS } from "../output.ts";
import { plain } from "../plain.ts";
import { type Sent, sendLabels } from "../sendLabels.ts";
import { defineVerb, type Verb } from "../verb.ts";

const v1 = understudy.v1;

/** `understudy labels`. */
export const labels: Verb = defineVerb({
  operands: "FILE",
  flags: {
    rollout: {
      type: "string",
      value: "NAME",
      meaning: "the rollout of labels that do not name one",
    },
    ...OUTPUT_FLAGS,
    ...CONNECTION_FLAGS,
  },
  about: [
    "FILE is CSV with the columns id and label (and rollout), JSON lines or JSON of the same; - reads the standard input.",
    "Sending labels again does no harm. Ends with 1 when any was refused; the others are taken.",
  ],
  examples: ["labels outcomes.csv --rollout my-model-v2", "labels - --rollout my-model-v2"],
  run: async ({ flags, operands: [file = ""], output }) => {
    const sent = await withClient({ flags, output }, (client) => {
      const source = createReadStream(file, file === "-" ? { fd: 0 } : {});
      return sendLabels(client, readLabels(source, flags.rollout));
    });
    output.out(inForm(flags.output, { json: () => jsonOf(sent), text: () => plain(textOf(sent)) }));
    return sent.refused === 0 ? EXIT.done : EXIT.failed;
  },
});

/** As the service answers; places of problems are from 0 there. */
function jsonOf({ problems, ...counts }: Sent): object {
  const places = problems.map(({ place, problem }) => ({ index: place - 1, problem }));
  const message = v1.RecordLabelsResponse.decode(
    v1.RecordLabelsResponse.encode({ ...counts, problems: places }).finish(),
  );
  return messageJson(v1.RecordLabelsResponse, message);
}

function textOf({ problems, ...counts }: Sent): string {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const became = Object.entries(counts).filter(([, count]) => count > 0);
  const parts = became.map(([name, count]) => `${count} ${name}`).join(", ");
  return [
    `${all} labels${parts === "" ? "" : `: ${parts}`}`,
    ...problems.map(({ place, problem }) => `  ${place}: ${problem}`),
  ].join("\n");
}
