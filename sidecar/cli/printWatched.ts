import type { understudy } from "#proto";
import { brief } from "../core/words.ts";
import { fixed } from "../report/markup.ts";
import type { Rollout } from "./client.ts";
import { alignedTable } from "./table.ts";

type Figures = understudy.v1.PerformanceFigures.$Properties;
type Version = understudy.v1.VersionPerformance.$Properties;

/** What is odd, and what is known of drift and of labels; nothing where nothing is watched. */
export function printWatched(rollout: Rollout): readonly string[] {
  return [...anomalies(rollout), ...drift(rollout), ...performance(rollout)].map(
    (line) => `  ${line}`,
  );
}

/** The names of what is odd, in one line; nothing where nothing is. */
export function printAnomalies({ anomalies: odd }: Rollout): readonly string[] {
  return odd.length === 0 ? [] : [`  anomalies: ${odd.map(({ name }) => name).join(", ")}`];
}

function anomalies({ anomalies: odd }: Rollout): readonly string[] {
  return odd.map(
    ({ name, reason, sinceUnixMs }) =>
      `anomaly since ${timeText(sinceUnixMs)}: ${named(name ?? "", reason ?? "")}`,
  );
}

/** The reason with its name before it, where it does not say the name already. */
function named(name: string, reason: string): string {
  if (reason.startsWith(name)) {
    return reason;
  }
  const [head = ""] = reason.split(":", 1);
  return name.endsWith(head) ? `${name}${reason.slice(head.length)}` : `${name}: ${reason}`;
}

function drift({ drift: window }: Rollout): readonly string[] {
  if (window == null) {
    return [];
  }
  const { fromUnixMs, toUnixMs, rows, features, featuresSeen, share, together } = window;
  const drifted = Math.round((share ?? 0) * (featuresSeen ?? 0));
  const header = ["feature", "type", "n", "missing", "PSI", "by chance", "KS", ""];
  const table = alignedTable(
    [
      header,
      ...(features ?? []).map((feature) => [
        feature.name ?? "",
        feature.type ?? "",
        String(feature.n),
        String(feature.missing),
        fixed(feature.psi),
        fixed(feature.psiCritical),
        fixed(feature.ks),
        feature.drifted ? "drifted" : "",
      ]),
    ],
    "llrrrrrl",
  );
  const all =
    together == null
      ? []
      : [`all together: AUC ${fixed(together.auc)}${together.drifted ? ", drifted" : ""}`];
  return [
    `drift in ${rows} requests, ${timeText(fromUnixMs)} to ${timeText(toUnixMs)}: ${drifted} of ${featuresSeen} features drifted`,
    ...indented([...table, ...all]),
  ];
}

/** Figures below each other, versions beside each other; the last day apart where it is not all there is. */
function performance({ performance: versions }: Rollout): readonly string[] {
  if (versions.length === 0) {
    return [];
  }
  const hasOlder = versions.some(({ day, total }) => `${day?.matured}` !== `${total?.matured}`);
  const columns = versions.flatMap(({ version, day, total }) => [
    ...(hasOlder ? [{ title: `${version}, last day`, figures: day ?? {} }] : []),
    { title: hasOlder ? `${version}, in all` : `${version}`, figures: total ?? {} },
  ]);
  const lines = ROWS.map(({ name, cell }) => [
    name,
    ...columns.map(({ figures }) => cell(figures)),
  ]).filter(([, ...cells]) => cells.some((cell) => cell !== ""));
  const table = [["by labels", ...columns.map(({ title }) => title)], ...lines];
  return [
    ...alignedTable(table, "l".repeat(columns.length + 1)),
    ...slices(versions),
    ...versions.flatMap(estimated),
  ];
}

const ROWS: readonly { readonly name: string; readonly cell: (figures: Figures) => string }[] = [
  { name: "  predictions", cell: ({ matured }) => String(matured ?? 0) },
  { name: "  labelled", cell: labelledText },
  { name: "  accuracy", cell: ({ accuracy }) => measuredText(accuracy) },
  { name: "  precision", cell: ({ precision }) => measuredText(precision) },
  { name: "  recall", cell: ({ recall }) => measuredText(recall) },
  { name: "  F1", cell: ({ f1 }) => measuredText(f1) },
  { name: "  AUC", cell: ({ auc }) => measuredText(auc) },
  { name: "  Brier", cell: ({ brier }) => numberText(brier) },
  { name: "  log loss", cell: ({ logLoss }) => numberText(logLoss) },
  { name: "  calibration error", cell: ({ ece }) => numberText(ece) },
  { name: "  mean error", cell: ({ mae }) => numberText(mae) },
  { name: "  root mean square", cell: ({ rmse }) => numberText(rmse) },
];

function slices(versions: readonly Version[]): readonly string[] {
  const names = [...new Set(versions.flatMap((each) => (each.slices ?? []).map(nameOf)))];
  if (names.length === 0) {
    return [];
  }
  const header = ["accuracy by slice, last day", ...versions.map(({ version }) => version ?? "")];
  const lines = names.map((name) => [
    `  ${name}`,
    ...versions.map((each) => {
      const day = each.slices?.find((slice) => slice.name === name)?.day;
      return day == null ? "" : `${measuredText(day.accuracy)} of ${day.labelled}`;
    }),
  ]);
  return alignedTable([header, ...lines], "l".repeat(versions.length + 1));
}

function estimated({ version, estimated: estimate }: Version): readonly string[] {
  if (estimate == null) {
    return [];
  }
  const figures = [
    ["accuracy", estimate.accuracy],
    ["F1", estimate.f1],
    ["AUC", estimate.auc],
  ] as const;
  const texts = figures.flatMap(([name, figure]) =>
    figure == null ? [] : [`${name} ${fixed(figure.value)}${usualText(figure.usual)}`],
  );
  return [
    `estimated from scores without labels, ${estimate.n} predictions of ${version} until ${timeText(estimate.toUnixMs)}:`,
    `  ${texts.join(", ")}`,
  ];
}

function nameOf({ name }: understudy.v1.SlicePerformance.$Properties): string {
  return name ?? "";
}

function labelledText({ matured, labelled }: Figures): string {
  const [all, some] = [Number(matured), Number(labelled)];
  return all === 0 ? "" : `${some} (${brief((100 * some) / all)}%)`;
}

function measuredText(
  measured: { value?: number | null; from?: number | null; to?: number | null } | null | undefined,
): string {
  return measured == null
    ? ""
    : `${fixed(measured.value)} (${fixed(measured.from)} to ${fixed(measured.to)})`;
}

function numberText(value: number | null | undefined): string {
  return value == null ? "" : brief(value);
}

function usualText(usual: understudy.v1.Interval.$Properties | null | undefined): string {
  return usual == null ? "" : ` (usually ${fixed(usual.from)} to ${fixed(usual.to)})`;
}

function timeText(unixMs: unknown): string {
  const date = new Date(Number(unixMs));
  return Number.isNaN(date.getTime()) ? "?" : `${date.toISOString().slice(0, 19)}Z`;
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}
