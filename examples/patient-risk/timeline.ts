import type { GuardrailView, RolloutView } from "./rolloutClient.ts";
import type { Seen } from "./traffic.ts";

/** Shows a demo while it runs: lines that stay and, in a terminal, a block below them that is drawn again and again. */
export type Timeline = {
  /** Writes lines that stay. */
  note(...lines: readonly string[]): void;
  /** Writes a line that stays, with the time. */
  event(line: string): void;
  /** Shows the present state of a rollout and of what users see. */
  show(rollout: RolloutView, seen: Seen): void;
  /** Ends the block of a rollout, if there is one; what it last showed stays. */
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
const MARKS = { pass: "pass", fail: "FAIL", inconclusive: "?" } as const;
const COLOURS = { pass: "32", fail: "31", inconclusive: "33" } as const;

/** A timeline on a terminal, or of plain lines where there is none. */
export function timeline(output: Output, startedMs: number): Timeline {
  return output.isTTY === true ? drawn(output, startedMs) : plain(output, startedMs);
}

const NOTHING_SHOWN = { state: "", awaited: "", atMs: 0 };

/** A line when a rollout's state changed, saying why, or when it waits for something else, and one of its figures every 2 s. */
function plain(output: Output, startedMs: number): Timeline {
  let shown = NOTHING_SHOWN;
  return {
    note: (...lines) => {
      output.write(`${lines.join("\n")}\n`);
    },
    event: (line) => {
      output.write(`${clock(Date.now() - startedMs)} ${line}\n`);
    },
    show: (rollout, seen) => {
      const nowMs = Date.now();
      const at = clock(nowMs - startedMs);
      const [state, awaited] = [stateText(rollout), awaitedNames(rollout)];
      const news = [
        ...(state === shown.state ? [] : [state]),
        ...(awaited === shown.awaited || awaited === "" ? [] : [waitingText(rollout)]),
      ];
      shown = { ...shown, state, awaited };
      if (news.length > 0 || nowMs - shown.atMs >= PLAIN_EVERY_MS) {
        shown = { ...shown, atMs: nowMs };
        const lines = [...news, `  ${figuresText(rollout, seen)}`];
        output.write(lines.map((line) => `${at} ${line}\n`).join(""));
      }
    },
    close: () => {
      shown = NOTHING_SHOWN;
    },
  };
}

function figuresText(rollout: RolloutView, seen: Seen): string {
  const guardrails = rollout.guardrails
    .map(({ name, judgement }) => `${name} ${MARKS[judgement]}`)
    .join(" ");
  return [
    trafficText(rollout),
    evidenceText(rollout),
    guardrails,
    ...anomaliesText(rollout),
    seenText(seen),
  ].join(" | ");
}

/** A block of a few lines, drawn over itself, with a line above it that stays for each change of state. */
function drawn(output: Output, startedMs: number): Timeline {
  let height = 0;
  let state = "";
  const erase = (): string => (height === 0 ? "" : `${ESCAPE}${height}A${ESCAPE}J`);
  return {
    note: (...lines) => {
      output.write(`${lines.join("\n")}\n`);
    },
    event: (line) => {
      output.write(`${erase()}${clock(Date.now() - startedMs)} ${line}\n`);
      height = 0;
    },
    show: (rollout, seen) => {
      const at = clock(Date.now() - startedMs);
      const news = stateText(rollout) === state ? [] : [`${at} ${stateText(rollout)}`];
      const width = (output.columns || WIDTH) - 1;
      const block = blockOf(rollout, seen).map((row) => drawnRow(row, width));
      output.write(`${erase()}${[...news, ...block].join("\n")}\n`);
      height = block.length;
      state = stateText(rollout);
    },
    close: () => {
      height = 0;
      state = "";
    },
  };
}

type Row = { readonly label: string; readonly text: string; readonly colour: string };

const LABEL_WIDTH = 10;

function blockOf(rollout: RolloutView, seen: Seen): Row[] {
  const row = (label: string, text: string): Row => ({ label, text, colour: "2" });
  return [
    row("users", `${bar(rollout.candidateBp)} ${trafficText(rollout)}`),
    row("evidence", evidenceText(rollout)),
    ...rollout.guardrails.map(({ judgement, reason }) => ({
      label: MARKS[judgement],
      text: reason,
      colour: COLOURS[judgement],
    })),
    row("verdict", rollout.outcome ?? rollout.reasons[0] ?? rollout.reason),
    ...anomaliesText(rollout).map((text) => ({ label: "watch", text, colour: "31" })),
    row("traffic", seenText(seen)),
  ];
}

function drawnRow({ label, text, colour }: Row, width: number): string {
  const shown = text.slice(0, Math.max(0, width - LABEL_WIDTH - 2));
  return `  ${ESCAPE}${colour}m${label.padEnd(LABEL_WIDTH)}${ESCAPE}0m${shown}`;
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
      : `, about ${rollout.requestsNeeded} more requests to go`;
  return `${rollout.pairs} pairs, ${rollout.candidateRequests} candidate requests${needed}`;
}

/** The guardrails that the step under way waits for, what it lacks most first. */
function awaited({ guardrails, outcome, reasons }: RolloutView): readonly GuardrailView[] {
  return outcome !== undefined
    ? []
    : reasons.flatMap((reason) =>
        guardrails.filter((one) => one.reason === reason && one.judgement === "inconclusive"),
      );
}

function awaitedNames(rollout: RolloutView): string {
  return awaited(rollout)
    .map(({ name }) => name)
    .sort()
    .join(", ");
}

function waitingText(rollout: RolloutView): string {
  return `${rollout.step} waits for ${awaited(rollout)
    .map(({ reason }) => reason)
    .join(", for ")}`;
}

function anomaliesText({ anomalies }: RolloutView): string[] {
  return anomalies.length === 0 ? [] : [anomalies.map(({ name }) => name).join(", ")];
}

/** Where a rollout is, and why. */
function stateText(rollout: RolloutView): string {
  return `${rollout.outcome === undefined ? "" : `${rollout.outcome}, in `}${rollout.step}: ${rollout.reason}`;
}

function seenText({ sent, failed, latencyMs }: Seen): string {
  return `${sent} sent, ${failed} failed, p50 ${latencyMs.p50.toFixed(1)} ms, p99 ${latencyMs.p99.toFixed(1)} ms`;
}

function clock(elapsedMs: number): string {
  const seconds = Math.floor(elapsedMs / 1_000);
  return `${Math.floor(seconds / 60)}:${`${seconds % 60}`.padStart(2, "0")}`;
}
