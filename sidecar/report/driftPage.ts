import type { Drift, DriftSettings, FeatureDrift } from "../core/drift/assess.ts";
import type { FeatureCounts } from "../core/drift/binning.ts";
import type { MultivariateDrift } from "../core/drift/multivariate.ts";
import type { FeatureProfile, ReferenceProfile } from "../core/drift/profile.ts";
import type { RichDrift } from "../core/drift/richWindow.ts";
import type { Telling } from "../core/drift/telling.ts";
import type { WindowCounts } from "../core/drift/window.ts";
import { brief } from "../core/words.ts";
import { drawBars } from "./bars.ts";
import { chance, escaped, fixed } from "./markup.ts";
import { MEANINGS } from "./meanings.ts";
import { barsOf } from "./shape.ts";
import { STYLE } from "./style.ts";

/** What a report is made of; `reference` and `current` name the files. */
export type DriftReport = {
  readonly reference: string;
  readonly current: string;
  readonly settings: DriftSettings;
  readonly profile: ReferenceProfile;
  readonly counts: WindowCounts;
  readonly drift: Drift;
  readonly together: MultivariateDrift | null;
  readonly rich: readonly RichDrift[];
};

type Row = {
  readonly feature: FeatureProfile;
  readonly counts: FeatureCounts;
  readonly drift: FeatureDrift;
};

/** A page of HTML that needs nothing but itself, no script either. The same report gives the same bytes. */
export function driftPage(report: DriftReport): string {
  const rows = rowsOf(report);
  return [
    "<!doctype html>",
    `<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">`,
    `<title>Drift: ${escaped(report.current)}</title><style>${STYLE}</style></head><body>`,
    heading(report),
    togetherPart(report.together),
    ...report.rich.map(richPart),
    "<h2>Features</h2>",
    summary(rows),
    "<h2>Distributions</h2>",
    `<p class="soft"><span class="key reference"></span>reference <span class="key current"></span>current; a bar is a share of all rows</p>`,
    ...rows.map(card),
    "<h2>What the numbers mean</h2>",
    `<dl>${MEANINGS.map(({ name, meaning }) => `<dt>${name}</dt><dd>${meaning}</dd>`).join("")}</dl>`,
    "</body></html>",
    "",
  ].join("\n");
}

/** What drifted first, then by PSI. */
function rowsOf({ profile, counts, drift }: DriftReport): readonly Row[] {
  const rows = drift.features.flatMap((of, index) => {
    const [feature, counted] = [profile.features[index], counts.features[index]];
    return feature === undefined || counted === undefined
      ? []
      : [{ feature, counts: counted, drift: of }];
  });
  return rows.sort(
    (a, b) =>
      Number(b.drift.drifted) - Number(a.drift.drifted) ||
      (b.drift.psi ?? -1) - (a.drift.psi ?? -1),
  );
}

function heading({ profile, counts, drift, settings, ...files }: DriftReport): string {
  const drifted = drift.features.filter((feature) => feature.drifted).length;
  const sample =
    profile.sampledRows === profile.rows ? "" : ` (${profile.sampledRows} of them sampled)`;
  const verdict = `${drifted === 0 ? "None" : drifted} of ${drift.features.length} features drifted`;
  const dataset = drift.dataset.drifted
    ? `the dataset has drifted: at least ${brief(settings.datasetShare * 100)}% of them`
    : "the dataset as a whole has not";
  return [
    `<h1 class="${drifted > 0 ? "drift" : ""}">${verdict}</h1>`,
    `<p>${escaped(files.current)}, ${counts.rows} rows, against ${escaped(files.reference)}, ${profile.rows} rows${sample}; ${dataset}.</p>`,
    ...drift.dataset.reasons.map((reason) => `<p>${escaped(reason)}</p>`),
    `<p class="soft">Where nothing changes, one check in ${brief(settings.falseAlarmEvery)} of all features raises an alarm. Reference ${profile.hash.slice(0, 12)}.</p>`,
  ].join("\n");
}

function togetherPart(together: MultivariateDrift | null): string {
  if (together === null) {
    return "";
  }
  const { classifier, mmd, telling, reasons, drifted } = together;
  return [
    "<h2>All features together</h2>",
    `<p${drifted ? ' class="drift"' : ""}>${drifted ? "Rows as a whole differ." : "Rows as a whole do not differ."}</p>`,
    `<p class="soft">AUC of a classifier ${fixed(classifier.auc)}, squared mean discrepancy ${fixed(mmd.squared)}</p>`,
    reasonList(reasons),
    tellingTable(telling),
  ].join("\n");
}

function richPart(rich: RichDrift): string {
  const { name, type, n, missing, drifted, reasons } = rich;
  return [
    `<h2>${escaped(name)} <span class="soft">${type}</span></h2>`,
    `<p${drifted ? ' class="drift"' : ""}>${drifted ? "It has drifted." : "It has not drifted."}</p>`,
    `<p class="soft">${n} values, ${missing} missing${"classifier" in rich ? `, AUC of a classifier ${fixed(rich.classifier.auc)}` : ""}${"cosine" in rich ? `, cosine distance of the means ${fixed(rich.cosine)}, shift ${fixed(rich.shift)}, components that drifted ${fixed(rich.componentShare)}, squared mean discrepancy ${fixed(rich.mmd.squared)}` : ""}</p>`,
    reasonList(reasons),
    "telling" in rich ? tellingTable(rich.telling) : "",
  ].join("\n");
}

function tellingTable(telling: readonly Telling[]): string {
  const told = telling.map(
    ({ what, referenceShare, currentShare }) =>
      `<tr><td>${escaped(what)}</td><td>${fixed(referenceShare)}</td><td>${fixed(currentShare)}</td></tr>`,
  );
  return told.length === 0
    ? ""
    : `<div class="wide"><table><tr><th>what tells them apart</th><th>reference</th><th>current</th></tr>${told.join("")}</table></div>`;
}

function summary(rows: readonly Row[]): string {
  const header = ["feature", "n", "missing", "PSI", "by chance", "KS", "JS", "W1/std", "p", ""];
  const lines = rows.map(({ drift }, index) => {
    const { name, n, missing, psi, psiCritical, ks, js, wasserstein, pValue, drifted } = drift;
    const numbers = [psi, psiCritical, ks?.statistic, js, wasserstein].map(fixed);
    const cells = [n, missing, ...numbers, escaped(chance(pValue))];
    return `<tr><td><a href="#f${index}">${escaped(name)}</a></td>${cells.map((cell) => `<td>${cell}</td>`).join("")}<td class="drift">${drifted ? "drifted" : ""}</td></tr>`;
  });
  const head = header.map((cell) => `<th>${cell}</th>`).join("");
  return `<div class="wide"><table><tr>${head}</tr>${lines.join("\n")}</table></div>`;
}

function card({ feature, counts, drift }: Row, index: number): string {
  const role = feature.role === undefined ? feature.type : `${feature.role}, ${feature.type}`;
  return [
    `<article id="f${index}"><header><h3>${escaped(feature.name)} <span class="soft">${role}</span></h3>`,
    drift.drifted ? `<span class="drift">drifted</span></header>` : "</header>",
    drawBars(feature.name, barsOf(feature, counts)),
    reasonList(drift.reasons),
    "</article>",
  ].join("\n");
}

function reasonList(reasons: readonly string[]): string {
  return reasons.length === 0
    ? ""
    : `<ul>${reasons.map((reason) => `<li>${escaped(reason)}</li>`).join("")}</ul>`;
}
