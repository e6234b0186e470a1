import type { Batch } from "./batch.ts";
import { addBatch, emptyBlock, withBlock } from "./block.ts";
import { type Evidence, withShown } from "./evidence.ts";
import type { EvidenceBook } from "./ingest.ts";
import { takeEnded } from "./latencySpans.ts";
import { batchOf, type Tally } from "./tally.ts";

/** A batch ends when it holds this many user requests, or is this long. */
const BATCH_REQUESTS = 50;
const BATCH_MS = 10_000;
/** A block of batches ends when it holds this many, or is this long. */
const BLOCK_REQUESTS = 1_000;
const BLOCK_MS = 30_000;
/** Generations of traffic whose evidence is kept apart; those that come later join the last. */
const SEGMENTS_MAX = 16;

/** Ends the batch if it is full, long enough by `untilMs`, or of an older generation than what comes next. */
export function endBatch(
  book: EvidenceBook,
  next: { readonly untilMs: number; readonly generation: number },
): void {
  if (book.batch === undefined) {
    return;
  }
  const { tally, beginMs } = book.batch;
  if (
    tally.requests.primary + tally.requests.candidate >= BATCH_REQUESTS ||
    next.untilMs - beginMs >= BATCH_MS ||
    next.generation > tally.generation
  ) {
    const generation = segmentFor(book.evidence, tally.generation);
    addToBlock(book, batchOf(tally, { generation, lives: livesOf(book, tally) }), beginMs);
    book.batch = undefined;
  }
}

/** Shows the latencies of the spans that have ended. */
export function showLatencies(book: EvidenceBook): void {
  const ended = book.spans && takeEnded(book.spans, book.windows.closedUntilMs);
  if (ended !== undefined) {
    book.evidence = withShown(book.evidence, ended);
    book.block &&= { ...book.block, before: withShown(book.block.before, ended) };
  }
}

function addToBlock(book: EvidenceBook, batch: Batch, beginMs: number): void {
  if (book.block === undefined || isOver(book.block, batch, beginMs)) {
    const block = emptyBlock(book.plan, book.evidence, batch.generation);
    book.block = { block, beginMs, before: book.evidence };
  }
  addBatch(book.plan, book.block.block, batch);
  book.evidence = withBlock(book.block.before, book.block.block);
}

function isOver(
  { block, beginMs }: NonNullable<EvidenceBook["block"]>,
  next: Batch,
  nextBeginMs: number,
): boolean {
  return (
    block.requests.primary + block.requests.candidate >= BLOCK_REQUESTS ||
    nextBeginMs - beginMs >= BLOCK_MS ||
    next.generation !== block.generation
  );
}

/** 1 for the first batch in which the book counts users, so that the next book knows. */
function livesOf(book: EvidenceBook, { assigned }: Tally): number {
  return assigned.length > 0 && book.evidence.lives < book.newcomers.life ? 1 : 0;
}

/** The segment that a batch of this generation belongs to: none begins before another that has begun, nor beyond the bound. */
function segmentFor({ segments }: Evidence, generation: number): number {
  const last = segments.at(-1)?.generation ?? generation;
  return segments.length < SEGMENTS_MAX ? Math.max(last, generation) : last;
}
