import { setTimeout as delay } from "node:timers/promises";
import { status } from "@grpc/grpc-js";
import type { understudy } from "#proto";
import { backoffMs } from "../core/backoff.ts";
import type { RecordedLabels, RolloutClient } from "./client.ts";
import type { LabelRow } from "./labelFile.ts";

/** Labels in one call; far below what a call takes in number and in bytes. */
const BATCH = 2_000;
const PROBLEMS_MAX = 20;
/** Sending labels again does no harm, so a sidecar that is away is asked again, about half a minute long. */
const ATTEMPTS_MAX = 8;
const BACKOFF = { minMs: 250, maxMs: 8_000 };
const COUNTS = ["joined", "waiting", "repeated", "conflicting", "late", "refused"] as const;

type Count = (typeof COUNTS)[number];

/** What became of labels: how many of each, and the first problems, by their places in the file from 1. */
export type Sent = Readonly<Record<Count, number>> & {
  readonly problems: readonly { readonly place: number; readonly problem: string }[];
};

/** Sends labels in batches. Rejects with what the sidecar refused a batch for, or when it stays away. */
export async function sendLabels(
  client: Pick<RolloutClient, "labels">,
  rows: AsyncIterable<LabelRow>,
): Promise<Sent> {
  const sent = new Tally();
  let batch: LabelRow[] = [];
  for await (const row of rows) {
    if (row.kind === "problem") {
      sent.refuse(row.place, row.problem);
      continue;
    }
    batch.push(row);
    if (batch.length === BATCH) {
      await sendBatch(client, batch, sent);
      batch = [];
    }
  }
  if (batch.length > 0) {
    await sendBatch(client, batch, sent);
  }
  return sent.sum();
}

/** What is added up over the batches. */
class Tally {
  readonly #counts = new Map<Count, number>(COUNTS.map((name) => [name, 0]));
  readonly #problems: { place: number; problem: string }[] = [];

  add(answer: RecordedLabels, batch: readonly LabelRow[]): void {
    for (const name of COUNTS) {
      this.#counts.set(name, (this.#counts.get(name) ?? 0) + Number(answer[name]));
    }
    for (const { index, problem } of answer.problems) {
      this.#note(batch[index ?? 0]?.place ?? 0, problem ?? "");
    }
  }

  refuse(place: number, problem: string): void {
    this.#counts.set("refused", (this.#counts.get("refused") ?? 0) + 1);
    this.#note(place, problem);
  }

  sum(): Sent {
    const count = (name: Count): number => this.#counts.get(name) ?? 0;
    return {
      joined: count("joined"),
      waiting: count("waiting"),
      repeated: count("repeated"),
      conflicting: count("conflicting"),
      late: count("late"),
      refused: count("refused"),
      problems: this.#problems.toSorted((a, b) => a.place - b.place),
    };
  }

  #note(place: number, problem: string): void {
    if (this.#problems.length < PROBLEMS_MAX) {
      this.#problems.push({ place, problem });
    }
  }
}

async function sendBatch(
  client: Pick<RolloutClient, "labels">,
  batch: readonly LabelRow[],
  sent: Tally,
): Promise<void> {
  const labels = batch.flatMap((row) => (row.kind === "label" ? [wireLabel(row)] : []));
  for (let attempt = 0; ; attempt += 1) {
    try {
      sent.add(await client.labels(labels), batch);
      return;
    } catch (error) {
      if (attempt + 1 >= ATTEMPTS_MAX || !isAway(error)) {
        throw error;
      }
      await delay(backoffMs(attempt, BACKOFF, Math.random));
    }
  }
}

function wireLabel({
  label: { rollout, id, label },
}: Extract<LabelRow, { kind: "label" }>): understudy.v1.Label.$Properties {
  return { rollout, id, ...(typeof label === "number" ? { number: label } : { text: label }) };
}

function isAway(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === status.UNAVAILABLE;
}
