import type { Version } from "./model.ts";
import type { Outcome } from "./rolloutClient.ts";
import type { Act } from "./scenario.ts";
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
};

/** Every way in which an act did not end as it should; empty when it did. */
export function surprises(act: Act, actual: RolloutReport): string[] {
  const { expected } = act;
  if (actual.outcome !== expected.outcome) {
    return [`${act.name} was to be ${expected.outcome}, and was ${actual.outcome}`];
  }
  if (expected.outcome === "promoted") {
    return [];
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
