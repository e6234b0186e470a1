import { writeFile } from "node:fs/promises";
import { formatProblems, startProblems } from "../../core/drift/problemLog.ts";
import type { FeatureProfile, ReferenceProfile } from "../../core/drift/profile.ts";
import { brief } from "../../core/words.ts";
import { EXIT } from "../exitCodes.ts";
import { profileFile, TABLE_FLAGS, tableWishes } from "../features.ts";
import { plain } from "../plain.ts";
import { alignedTable } from "../table.ts";
import { defineVerb, type Verb } from "../verb.ts";

/** `understudy profile`. */
export const profile: Verb = defineVerb({
  operands: "",
  flags: {
    input: {
      type: "string",
      required: true,
      value: "FILE",
      meaning: "a file of CSV, JSON lines or Parquet",
    },
    to: { type: "string", value: "FILE", meaning: "where the profile goes, else it is printed" },
    ...TABLE_FLAGS,
  },
  examples: ["profile --input training.csv --ignore person --to profile.json"],
  run: async ({ flags, output: { out, err } }) => {
    const problems = startProblems();
    try {
      const made = await profileFile(flags.input, tableWishes(flags), problems);
      if (flags.to === undefined) {
        out(JSON.stringify(made));
      } else {
        await writeFile(flags.to, `${JSON.stringify(made)}\n`);
        out(plain(described(made)));
      }
      return EXIT.done;
    } finally {
      formatProblems(problems).forEach(err);
    }
  },
});

function described({ rows, sampledRows, features, hash }: ReferenceProfile): string {
  const sample = sampledRows === rows ? "" : `, ${sampledRows} of them sampled`;
  const cells = features.map((feature) => [
    feature.name,
    feature.role ?? feature.type,
    String(feature.n),
    String(feature.missing),
    shape(feature),
  ]);
  return [
    `${rows} rows${sample}, ${features.length} features, profile ${hash.slice(0, 12)}`,
    ...alignedTable([["feature", "type", "n", "missing", "values"], ...cells], "llrrl"),
  ].join("\n");
}

function shape(feature: FeatureProfile): string {
  if (feature.type === "categorical") {
    const names = feature.categories.slice(0, 3).map(({ value }) => value.slice(0, 20));
    return `${names.join(", ")}${feature.categories.length > 3 ? ", ..." : ""}`;
  }
  return `${brief(feature.min)} to ${brief(feature.max)}, mean ${brief(feature.mean)}, deviation ${brief(feature.std)}`;
}
