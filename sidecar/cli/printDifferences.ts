import type { understudy } from "#proto";
import type { Differences } from "./client.ts";

type Place = understudy.v1.DifferingPlace.$Properties;

/** The places where answers differ, each with how many pairs do so there, and under it a table of samples. */
export function printDifferences({ places, pairs }: Differences): string {
  const all = Number(pairs);
  if (places.length === 0) {
    return all === 0 ? "no pair compared yet" : `none of ${all} pairs differ`;
  }
  return places.map((place) => printPlace(place, all)).join("\n");
}

function printPlace({ path, kind, count, samples }: Place, pairs: number): string {
  const title = `${path} (${kind}): ${Number(count)} of ${pairs} pairs`;
  if (samples == null || samples.length === 0) {
    return title;
  }
  const rows = samples.map((sample) => [
    sample.primary ?? "",
    sample.candidate ?? "",
    timeText(Number(sample.beganUnixMs ?? 0)),
    sample.requestId ?? "",
  ]);
  return [title, ...tableOf([["primary", "candidate", "began", "request"], ...rows])].join("\n");
}

/** Rows with columns as wide as their widest cell. */
function tableOf(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  return rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd(),
  );
}

/** "2026-11-22 17:03:09.120Z". */
function timeText(unixMs: number): string {
  const date = new Date(unixMs);
  return Number.isNaN(date.getTime()) ? "?" : date.toISOString().replace("T", " ");
}
