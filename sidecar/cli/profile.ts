import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { formatProblems, startProblems } from "../core/drift/problemLog.ts";
import type { FeatureProfile, ReferenceProfile } from "../core/drift/profile.ts";
import { brief } from "../core/words.ts";
import {
  parseTableFlags,
  profileFile,
  TABLE_OPTIONS,
  TABLE_USAGE,
  type TableWishes,
} from "./features.ts";
import { plain } from "./plain.ts";
import type { Output } from "./run.ts";
import { alignedTable } from "./table.ts";

type Asked = {
  readonly input: string;
  readonly output: string | undefined;
  readonly wishes: TableWishes;
};

/** Runs `understudy profile`; returns the exit code: 0 done, 1 failed, 2 wrong usage. */
export async function runProfile(args: readonly string[], { out, err }: Output): Promise<number> {
  const asked = parseFlags(args);
  if (Array.isArray(asked)) {
    err([...asked, profileUsage()].join("\n"));
    return 2;
  }
  const problems = startProblems();
  try {
    const profile = await profileFile(asked.input, asked.wishes, problems);
    if (asked.output === undefined) {
      out(JSON.stringify(profile));
    } else {
      await writeFile(asked.output, `${JSON.stringify(profile)}\n`);
      out(plain(described(profile)));
    }
    return 0;
  } catch (error) {
    err(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    formatProblems(problems).forEach(err);
  }
}

/** The lines about `profile` in the usage. */
export function profileUsage(): string {
  return [
    "       understudy profile --input FILE",
    "         --output FILE".padEnd(40).concat("where the profile goes, else it is printed"),
    ...TABLE_USAGE,
  ].join("\n");
}

function parseFlags(args: readonly string[]): Asked | string[] {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { input: { type: "string" }, output: { type: "string" }, ...TABLE_OPTIONS },
    });
    const wrong: string[] = [];
    const wishes = parseTableFlags(values, wrong);
    if (values.input === undefined) {
      wrong.push("--input: nothing: a file of CSV, JSON lines or Parquet");
    }
    return values.input === undefined || wrong.length > 0
      ? wrong
      : { input: values.input, output: values.output, wishes };
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

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
