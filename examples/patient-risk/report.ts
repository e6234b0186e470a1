import type { Version } from "./model.ts";
import type { LabelCounts } from "./outcomes.ts";
import type { GuardrailView, Outcome } from "./rolloutClient.ts";
import type { Act, Watched } from "./scenario.ts";
import type { Seen } from "./traffic.ts";

/** How one rollout went. */
export type RolloutReport = {
  readonly name: string;
  readonly candidate: Version;
  readonly outcome: Outcome;
  /** The step it ended in, such as `canary 5%`. */
  readonly step: string;
  readonly pairs: number;
  /** User requests that were sent to the candidate, by its server's count, until it was decided and after. */
  readonly candidateRequests: number;
  readonly reason: string;
  /** From the decision to the last user request sent to the variant that was to get no more of them; 0 when none came after it. */
  readonly decideToSafeMs: number;
  /** What late labels said at the end; absent where the plan has no guardrail on accuracy. */
  readonly accuracy?: Pick<GuardrailView, "judgement" | "reason">;
};

/** What the sidecar found when the population had changed. */
export type DriftReport = {
  readonly raised: boolean;
  /** Features, and the prediction, that were found to have moved. */
  readonly features: readonly string[];
  /** User requests sent from the change to the first of these; 0 when there was none. */
  readonly afterRequests: number;
  /** What was found already before anything had changed. */
  readonly early: readonly string[];
};

/** What `--report` writes. */
export type Report = {
  /** Version of Envoy. */
  readonly envoy: string;
  readonly requests: {
    readonly sent: number;
    readonly failed: number;
    /** User requests sent to each version, by its server's count. */
    readonly byVariant: Readonly<Record<Version, number>>;
  };
  readonly rollouts: readonly RolloutReport[];
  /** Of the rollout that labels came for. */
  readonly labels: LabelCounts;
  /** After that one's promotion. */
  readonly drift: DriftReport;
};

/** What is reported where no label came, and nothing was watched. */
export const UNWATCHED: Pick<Report, "labels" | "drift"> = {
  labels: { sent: 0, joined: 0 },
  drift: { raised: false, features: [], afterRequests: 0, early: [] },
};

/** Every way in which an act did not end as it should; empty when it did. */
export function surprises(act: Act, actual: RolloutReport): string[] {
  const { expected } = act;
  if (actual.outcome !== expected.outcome) {
    return [`${act.name} was to be ${expected.outcome}, and was ${actual.outcome}`];
  }
  if (expected.outcome === "promoted") {
    return act.watched !== undefined && actual.accuracy?.judgement !== "pass"
      ? [`${act.name} was to be promoted only when labels say that it is accurate enough`]
      : [];
  }
  const problems: string[] = [];
  if (!actual.step.startsWith(expected.step)) {
    problems.push(`${act.name} was to end in ${expected.step}, and ended in ${actual.step}`);
  }
  if (actual.candidateRequests > expected.candidateRequestsMax) {
    problems.push(
      `${act.candidate} was to get at most ${expected.candidateRequestsMax} user requests, and got ${actual.candidateRequests}`,
    );
  }
  if (actual.decideToSafeMs > expected.decideToSafeMsMax) {
    problems.push(
      `${act.name} was to be safe within ${expected.decideToSafeMsMax} ms of the decision, and was after ${actual.decideToSafeMs} ms`,
    );
  }
  return problems;
}

/** Every way in which labels and drift were not what a promoted rollout's were to be; empty when they were. */
export function watchSurprises(
  { drifts }: Watched,
  { labels, drift }: Pick<Report, "labels" | "drift">,
): string[] {
  const unseen = drifts.filter((name) => !drift.features.includes(name));
  return [
    ...(labels.joined === 0 ? ["no label was joined with a prediction"] : []),
    ...drift.early.map((name) => `${name} was said to drift before the patients changed`),
    ...unseen.map((name) => `${name} was to be found to drift, and was not`),
  ];
}

/** Failed user requests that no rollout accounts for: those of any version but the one that is meant to fail. */
export function unexplainedFailures(seen: Seen, faulty: Version): string[] {
  return [...seen.failedBy]
    .filter(([failure]) => !failure.startsWith(`${faulty} `))
    .map(([failure, count]) => `${count} user requests failed: ${failure}`);
}

/** The summary as a table of plain text. */
export function table(report: Report): string {
  const head = ["candidate", "outcome", "ended in", "pairs", "user requests", "safe after"];
  const rows = report.rollouts.map((rollout) => [
    rollout.candidate,
    rollout.outcome,
    rollout.step,
    `${rollout.pairs}`,
    `${rollout.candidateRequests}`,
    `${rollout.decideToSafeMs} ms`,
  ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
