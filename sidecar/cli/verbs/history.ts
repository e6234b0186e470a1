import { understudy } from "#proto";
import { messageJson } from "../../server/messageJson.ts";
import { withClient } from "../asking.ts";
import type { RolloutClient } from "../client.ts";
import { CONNECTION_FLAGS } from "../connection.ts";
import { EXIT } from "../exitCodes.ts";
import { wholeNumber } from "../flags.ts";
import { inForm, OUTPUT_FLAGS } from "../output.ts";
import { plain } from "../plain.ts";
import { printHistory } from "../printHistory.ts";
import { defineVerb, type Verb } from "../verb.ts";

const v1 = understudy.v1;
const PAGE = 100;

/** `understudy history`. */
export const history: Verb = defineVerb({
  operands: "NAME",
  flags: {
    limit: {
      type: "string",
      default: "20",
      value: "N",
      check: wholeNumber(1, 100_000),
      meaning: "at most so many events",
    },
    before: {
      type: "string",
      value: "N",
      check: wholeNumber(1, Number.MAX_SAFE_INTEGER),
      meaning: "only events of revisions before that one",
    },
    ...OUTPUT_FLAGS,
    ...CONNECTION_FLAGS,
  },
  about: ["The newest first, also of rollouts that were deleted."],
  examples: ["history my-model-v2", "history my-model-v2 --limit 1000 --output json"],
  run: async ({ flags, operands: [name = ""], output }) => {
    const from = { before: Number(flags.before ?? 0), limit: Number(flags.limit) };
    const found = await withClient({ flags, output }, (client) => read(client, name, from));
    output.out(
      inForm(flags.output, {
        json: () => messageJson(v1.HistoryResponse, found),
        text: () => plain(printHistory(found)),
      }),
    );
    return EXIT.done;
  },
});

/** As many events as are wanted, page by page. */
async function read(
  client: RolloutClient,
  name: string,
  { before, limit }: { readonly before: number; readonly limit: number },
): Promise<understudy.v1.HistoryResponse> {
  const events: understudy.v1.HistoryEvent.$Properties[] = [];
  let next = before;
  do {
    const page = await client.history(name, {
      before: next,
      limit: Math.min(PAGE, limit - events.length),
    });
    events.push(...page.events);
    next = Number(page.before);
  } while (next > 0 && events.length < limit);
  return v1.HistoryResponse.decode(v1.HistoryResponse.encode({ events, before: next }).finish());
}
