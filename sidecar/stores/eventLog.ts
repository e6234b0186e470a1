import { createHash } from "node:crypto";
import type { RolloutEvent } from "../core/rollout/event.ts";
import { evolve } from "../core/rollout/evolve.ts";
import type { RolloutState } from "../core/rollout/state.ts";
import type { JournalEntry } from "../ports/journal.ts";
import { type HistoryEntry, StoreError } from "../ports.ts";

/** The last event of a log: its number and checksum. */
export type Head = { readonly sequence: number; readonly checksum: string };

/** The head of an empty log. */
export const EMPTY_HEAD: Head = { sequence: 0, checksum: "" };

/** An event as it is written: the checksum covers it and, through the one before, all before it. */
export type LoggedEvent = Head & { readonly rollout: string; readonly body: string };

/** What a log leads to, by rollout. */
export type Replayed = {
  readonly state: RolloutState;
  readonly started: RolloutEvent & { readonly kind: "started" };
};

/** The next record of a log that ends in `head`. */
export function appendTo(head: Head, rollout: string, event: RolloutEvent): LoggedEvent {
  const sequence = head.sequence + 1;
  const body = JSON.stringify(event);
  return { sequence, rollout, body, checksum: checksumOf(head.checksum, sequence, rollout, body) };
}

/** SHA-256 over the parts, in hex; no part can flow into the next. */
export function checksumOf(...parts: readonly (string | number)[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** The event as it is told to others. Its checksum depends on all before it, so no other log has the same one. */
export function entryOf({ sequence, rollout, body, checksum }: LoggedEvent): JournalEntry {
  return { sequence, id: checksum.slice(0, 32), rollout, event: JSON.parse(body) };
}

/** Events of one page are no longer than this together, but for a first one that is: they are parsed while everything else waits. */
const PAGE_BYTES_MAX = 4 << 20;

/** Events with their revisions, of bodies from that of revision `last` backwards, as many as a page may hold. */
export function pageOf(bodies: Iterable<string>, last: number): readonly HistoryEntry[] {
  const entries: HistoryEntry[] = [];
  let bytes = 0;
  for (const body of bodies) {
    bytes += body.length;
    if (entries.length > 0 && bytes > PAGE_BYTES_MAX) {
      break;
    }
    entries.push({ revision: last - entries.length, event: JSON.parse(body) });
  }
  return entries;
}

/** Replays a whole log, which must end in `head`. Throws StoreError "broken" naming the first bad event. */
export function replayLog(
  records: Iterable<LoggedEvent>,
  head: Head,
): ReadonlyMap<string, Replayed> {
  const replayed = new Map<string, Replayed>();
  let last = EMPTY_HEAD;
  for (const record of records) {
    const { rollout, body } = record;
    const sequence = last.sequence + 1;
    if (record.sequence !== sequence) {
      throw brokenAt(sequence, "it is missing");
    }
    if (record.checksum !== checksumOf(last.checksum, sequence, rollout, body)) {
      throw brokenAt(sequence, "its checksum does not match");
    }
    replayed.set(rollout, next(replayed.get(rollout), record));
    last = record;
  }
  if (last.sequence !== head.sequence || last.checksum !== head.checksum) {
    throw brokenAt(last.sequence + 1, `the log should end with event ${head.sequence}`);
  }
  return replayed;
}

function next(before: Replayed | undefined, record: LoggedEvent): Replayed {
  const event: RolloutEvent = JSON.parse(record.body);
  try {
    const state = evolve(before?.state, event);
    const started = event.kind === "started" ? event : before?.started;
    if (started === undefined) {
      throw new Error(`${event.kind} before started`);
    }
    return { state, started };
  } catch (error) {
    throw brokenAt(record.sequence, error instanceof Error ? error.message : String(error));
  }
}

function brokenAt(sequence: number, why: string): StoreError {
  return new StoreError("broken", `the event log is broken at event ${sequence}: ${why}`);
}
