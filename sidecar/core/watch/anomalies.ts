import type { StreamChange } from "../drift/streams.ts";
import type { AnomalyEvent } from "../rollout/event.ts";
import { ANOMALIES_MAX, type Anomaly } from "../rollout/state.ts";
import { percent } from "../words.ts";
import type { DriftReport, EarlyDrift } from "./driftWatch.ts";

/** Something that is odd now. */
export type Finding = {
  /** Unique among the findings of one look. */
  readonly name: string;
  /** One sentence with the figures. */
  readonly reason: string;
};

/** What one look at something found, and which names it looked for: the others' anomalies it says nothing of. */
export type Look = {
  readonly isAbout: (name: string) => boolean;
  readonly findings: readonly Finding[];
};

/** An anomaly is over after so many looks in a row that did not find it: one may miss it by chance. */
export const QUIET_LOOKS = 2;

/** How many looks in a row did not find an anomaly, by its name. */
export type Quiet = Readonly<Record<string, number>>;

/** What a window's drift comes to: a finding for each feature that drifted, for all together, for the dataset, and for each stream that changed. */
export function findDrift({ drift, together, rows, changes }: DriftReport): Look {
  const features = drift.features
    .filter(({ drifted }) => drifted)
    .map(({ name, reasons }) => ({ name: driftOf(name), reason: sentence(name, reasons, rows) }));
  const dataset = drift.dataset.drifted
    ? [
        {
          name: "drift of the dataset",
          reason: `${percent(drift.dataset.share, 2)} of the features drifted`,
        },
      ]
    : [];
  const all =
    together?.drifted === true
      ? [
          {
            name: "drift of all features together",
            reason: sentence("all features together", together.reasons, rows),
          },
        ]
      : [];
  const streams = changes.map(findChange);
  return { isAbout: isOfDrift, findings: [...features, ...all, ...dataset, ...streams] };
}

/** Several looks at once, each about names of its own. */
export function joined(looks: readonly Look[]): Look {
  return {
    isAbout: (name) => looks.some(({ isAbout }) => isAbout(name)),
    findings: looks.flatMap(({ findings }) => findings),
  };
}

/** What is found before a window ends. What is not, may be yet: of that it says nothing. */
export function findEarlyDrift({ rows, alarms, changes }: EarlyDrift): Look {
  const features = alarms.map(({ name, reason }) => ({
    name: driftOf(name),
    reason: sentence(name, [reason], rows),
  }));
  const findings = [...features, ...changes.map(findChange)];
  const found = new Set(findings.map(({ name }) => name));
  return { isAbout: (name) => found.has(name), findings };
}

/**
 * The events that a look leads to: what it finds is raised unless it goes on already, what it looked for and no longer finds is resolved
 * after `QUIET_LOOKS` looks. With the looks that were quiet so far.
 */
export function eventsOf(
  look: Look,
  before: { readonly anomalies: readonly Anomaly[]; readonly quiet: Quiet },
  nowMs: number,
): { readonly events: readonly AnomalyEvent[]; readonly quiet: Quiet } {
  const found = new Set(look.findings.map(({ name }) => name));
  const known = new Set(before.anomalies.map(({ name }) => name));
  const room = Math.max(0, ANOMALIES_MAX - known.size);
  const raised = look.findings
    .filter(({ name }) => !known.has(name))
    .slice(0, room)
    .map(({ name, reason }) => eventOf("anomaly-raised", { name, reason }, nowMs));
  const missed = before.anomalies.filter(({ name }) => look.isAbout(name) && !found.has(name));
  const over = missed.filter(({ name }) => (before.quiet[name] ?? 0) + 1 >= QUIET_LOOKS);
  const resolved = over.map(({ name }) =>
    eventOf("anomaly-resolved", { name, reason: `${name} was not found any more` }, nowMs),
  );
  const others = Object.entries(before.quiet).filter(([name]) => !look.isAbout(name));
  const quiet = missed
    .filter((anomaly) => !over.includes(anomaly))
    .map(({ name }): [string, number] => [name, (before.quiet[name] ?? 0) + 1]);
  return { events: [...resolved, ...raised], quiet: Object.fromEntries([...others, ...quiet]) };
}

function isOfDrift(name: string): boolean {
  return name.startsWith("drift ") || name.startsWith("change ");
}

function driftOf(feature: string): string {
  return `drift ${feature}`;
}

function findChange({ name, reason }: StreamChange): Finding {
  return { name: `change of ${name}`, reason: `${name}: ${reason}` };
}

function eventOf(kind: AnomalyEvent["kind"], finding: Finding, atMs: number): AnomalyEvent {
  return { kind, atMs, anomaly: finding.name, reason: finding.reason };
}

function sentence(what: string, reasons: readonly string[], rows: number): string {
  return `${what}: ${reasons.join("; ")} (${rows} requests)`;
}
