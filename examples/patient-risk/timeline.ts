import type { RolloutView } from "./rolloutClient.ts";
import type { Seen } from "./traffic.ts";

/** Shows a demo while it runs: lines that stay and, in a terminal, a block below them that is drawn again and again. */
export type Timeline = {
  /** Writes lines that stay. */
  note(...lines: readonly string[]): void;
  /** Shows the present state of a rollout and of what users see. */
  show(rollout: RolloutView, seen: Seen): void;
  /** Ends the block of a rollout; what it last showed stays. */
  close(): void;
};

/** Where a timeline writes. */
export type Output = {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
};

const PLAIN_EVERY_MS = 2_000;
const WIDTH = 100;
const ESCAPE = "\u001b[";
const MARKS = { pass: "pass", fail: "FAIL", inconclusive: "  ? " } as const;
const COLOURS = { pass: "32", fail: "31", inconclusive: "33" } as const;

/** A timeline on a terminal, or of plain lines where there is none. */
export function timeline(output: Output, startedMs: number): Timeline {
  return output.isTTY === true ? drawn(output, startedMs) : plain(output, startedMs);
}

/** A line when a rollout's state changed, and every 2 s. */
function plain(output: Output, startedMs: number): Timeline {
  let shown = { revision: -1, atMs: 0 };
  return {
    note: (...lines) => output.write(`${lines.join("\n")}\n`),
    show: (rollout, seen) => {
      const nowMs = Date.now();
      if (rollout.revision === shown.revision && nowMs - shown.atMs < PLAIN_EVERY_MS) {
        return;
      }
      shown = { revision: rollout.revision, atMs: nowMs };
      const guardrails = rollout.guardrails
        .map(({ name, judgement }) => `${name} ${MARKS[judgement].trim()}`)
        .join(", ");
      output.write(
        `${clock(nowMs - startedMs)} ${rollout.step}: ${trafficText(rollout)}; ${evidenceText(rollout)}; ${guardrails}; ${reasonOf(rollout)}; ${seenText(seen)}\n`,
      );
    },
    close: () => {
      shown = { revision: -1, atMs: 0 };
    },
  };
}

/** A block of a few lines, drawn over itself, with a line above it that stays for each change of state. */
function drawn(output: Output, startedMs: number): Timeline {
  let height = 0;
  let revision = -1;
  const erase = (): string => (height === 0 ? "" : `${ESCAPE}${height}A${ESCAPE}J`);
  return {
    note: (...lines) => {
      output.write(`${lines.join("\n")}\n`);
    },
    show: (rollout, seen) => {
      const at = clock(Date.now() - startedMs);
      const news =
        rollout.revision === revision ? [] : [`${at} ${rollout.step}: ${rollout.reason}`];
      const width = Math.min(output.columns ?? WIDTH, WIDTH * 2) - 1;
      const block = blockOf(rollout, seen).map((line) => line.slice(0, width));
      const coloured = block.map((line) => colour(line));
      output.write(`${erase()}${[...news, ...coloured].join("\n")}\n`);
      height = block.length;
      revision = rollout.revision;
    },
    close: () => {
      height = 0;
      revision = -1;
    },
  };
}

function blockOf(rollout: RolloutView, seen: Seen): string[] {
  return [
    `  users      ${bar(rollout.candidateBp)} ${trafficText(rollout)}`,
    `  evidence   ${evidenceText(rollout)}`,
    ...rollout.guardrails.map(
      ({ name, judgement, reason }) => `  ${MARKS[judgement]} ${name}: ${reason}`,
    ),
    `  verdict    ${reasonOf(rollout)}`,
    `  traffic    ${seenText(seen)}`,
  ];
}

function colour(line: string): string {
  const mark = (["pass", "fail", "inconclusive"] as const).find((judgement) =>
    line.startsWith(`  ${MARKS[judgement]} `),
  );
  if (mark === undefined) {
    return line;
  }
  const length = 2 + MARKS[mark].length;
  return `${ESCAPE}${COLOURS[mark]}m${line.slice(0, length)}${ESCAPE}0m${line.slice(length)}`;
}

const BAR_WIDTH = 20;

function bar(candidateBp: number): string {
  const filled = Math.round((candidateBp / 10_000) * BAR_WIDTH);
  return `[${"#".repeat(filled)}${".".repeat(BAR_WIDTH - filled)}]`;
}

function trafficText({ candidateBp, shadowBp }: RolloutView): string {
  return `candidate ${candidateBp / 100} %, shadow ${shadowBp / 100} %`;
}

function evidenceText(rollout: RolloutView): string {
  const needed =
    rollout.requestsNeeded === undefined || rollout.requestsNeeded === 0
      ? ""
      : `, about ${rollout.requestsNeeded} more requests needed`;
  return `${rollout.pairs} pairs, ${rollout.candidateRequests} requests of the candidate${needed}`;
}

function reasonOf(rollout: RolloutView): string {
  return rollout.outcome === undefined ? (rollout.reasons[0] ?? rollout.reason) : rollout.reason;
}

function seenText({ sent, failed, latencyMs }: Seen): string {
  return `${sent} requests sent, ${failed} failed, p50 ${latencyMs.p50.toFixed(1)} ms, p99 ${latencyMs.p99.toFixed(1)} ms`;
}

function clock(elapsedMs: number): string {
  const seconds = Math.floor(elapsedMs / 1_000);
  return `${Math.floor(seconds / 60)}:${`${seconds % 60}`.padStart(2, "0")}`;
}
