import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { runVerb } from "../../sidecar/cli/run.ts";
import { type Random, seeded } from "../support/random.ts";
import { tableFile } from "../support/tables.ts";

const usual = "patient reports mild pain in the left knee after long walks".split(" ");
const other = "claim denied because the invoice number is missing here".split(" ");

/** Documents with an id, a number, a text and a vector; of a shifted one, some words and the vector are others. */
function documents(
  context: TestContext,
  name: string,
  given: { readonly rows: number; readonly shift: number },
): string {
  const random: Random = seeded(given.rows);
  const word = () => {
    const words = random.next() < given.shift ? other : usual;
    return words[Math.floor(random.next() * words.length)];
  };
  const lines = Array.from({ length: given.rows }, (_, row) =>
    JSON.stringify({
      id: `visit-${row}`,
      age: 20 + 60 * random.next(),
      note: { text: Array.from({ length: 8 }, word).join(" ") },
      embedding: Array.from({ length: 4 }, () => random.next() + 2 * given.shift),
    }),
  );
  return tableFile(context, name, lines.join("\n"));
}

async function drift(...args: readonly string[]): Promise<string> {
  const out: string[] = [];
  const code = await runVerb(args, { out: (text) => out.push(text), err: () => {} });
  assert.equal(code, 0);
  return out.join("\n");
}

test("texts and embeddings of documents are held against their reference, by JSONPath", async (context) => {
  const reference = documents(context, "reference.jsonl", { rows: 1_200, shift: 0 });
  const profile = join(dirname(reference), "profile.json");
  await drift(
    ...["profile", "--input", reference, "--to", profile],
    ...["--feature", "text=$.note.text", "--ignore", "note"],
  );
  for (const [name, shift, drifted] of [
    ["same.jsonl", 0, false],
    ["shifted.jsonl", 0.2, true],
  ] as const) {
    const current = documents(context, name, { rows: 300, shift });
    const page = join(dirname(current), "page.html");
    const args = ["drift", "--reference", profile, "--current", current, "--ignore", "note"];
    const found = JSON.parse(await drift(...args, "--html", page, "--output", "json"));
    assert.deepEqual(
      found.rich.map((each: Record<string, unknown>) => [each.name, each.type, each.drifted]),
      [
        ["text", "text", drifted],
        ["embedding", "embedding", drifted],
      ],
    );
    assert.equal(found.features[0].drifted, false);
    assert.match(readFileSync(page, "utf8"), /<h2>text <span class="soft">text<\/span><\/h2>/);
  }
});
