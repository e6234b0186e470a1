import { type ModelVersion, nameOfVersion, type RegisteredModel } from "../core/models/model.ts";
import { alignedTable } from "./table.ts";

/** Versions of a model in a table, the newest first. */
export function versionsText({ versions, aliases }: RegisteredModel): string {
  if (versions.length === 0) {
    return "no versions";
  }
  const rows = versions.map((one) => [
    nameOfVersion(one.version),
    one.stage,
    aliasesOf(one, aliases).join(", "),
    timeOf(one),
    metricsText(one),
    (one.sha256 ?? "").slice(0, 12),
  ]);
  const head = ["version", "stage", "aliases", "registered", "metrics", "sha256"];
  return alignedTable([head, ...rows], "llllll").join("\n");
}

/** All that is known of a version, a line each. */
export function versionText(one: ModelVersion, { aliases }: RegisteredModel): string {
  const rows = [
    ["model", one.model],
    ["version", nameOfVersion(one.version)],
    ["stage", one.stage],
    ["aliases", aliasesOf(one, aliases).join(", ")],
    ["registered", timeOf(one)],
    ["sha256", one.sha256 ?? ""],
    ["training data", one.trainingDataSha256 ?? ""],
    ["metrics", metricsText(one)],
    ["parent", one.parent === undefined ? "" : nameOfVersion(one.parent)],
    ["location", one.location],
    ...Object.entries(one.tags),
  ];
  return alignedTable(
    rows.filter(([, value]) => value !== ""),
    "ll",
  ).join("\n");
}

/** A version as programs read it, with the aliases that name it. */
export function versionJson(one: ModelVersion, { aliases }: RegisteredModel): object {
  const { registeredAtMs, ...rest } = one;
  return { ...rest, aliases: aliasesOf(one, aliases), registeredAt: timeOf({ registeredAtMs }) };
}

function aliasesOf(
  { version }: ModelVersion,
  aliases: RegisteredModel["aliases"],
): readonly string[] {
  return [...aliases].flatMap(([alias, named]) => (named === version ? [alias] : [])).toSorted();
}

function metricsText({ metrics }: ModelVersion): string {
  return Object.entries(metrics)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}

function timeOf({ registeredAtMs }: Pick<ModelVersion, "registeredAtMs">): string {
  return new Date(registeredAtMs).toISOString();
}
