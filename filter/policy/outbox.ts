import { copyBytes } from "./bytes";
import { DROP_REASONS, DropReason } from "./drops";
import { batchSize, encodeDrop, writeBatchHead } from "./messages";
import { WireReader, WireWriter } from "./wire";

/** Observations that wait to be sent, encoded. */
export const QUEUE_BYTES_MAX: i32 = 4 * 1024 * 1024;
/** Largest message that is built, whatever the sidecar would take. */
export const MESSAGE_BYTES_MAX: i32 = 256 * 1024;
/** When so much waits, it is sent without waiting for the tick. */
const FLUSH_BYTES: i32 = 160 * 1024;
const FLUSH_COUNT: i32 = 1024;
/** Most bytes of a batch's head: two tags, a length, a sequence. */
const BATCH_HEAD_BYTES: i32 = 16;
/** Most bytes of a batch's drops. */
const DROPS_BYTES_MAX: i32 = 4096;

/**
 * Observations and drops on their way to the sidecar. Bounded; what does not fit is refused, so the
 * oldest are kept. A batch leaves once, whether it arrives or not, inside the credit granted.
 */
export class Outbox {
  /** The batch that `build` made, and its size. */
  message: StaticArray<u8> = new StaticArray<u8>(0);
  messageSize: i32 = 0;
  /** Sequence of the next batch. */
  sequence: u64 = 1;
  /** Observations that wait. */
  count: i32 = 0;
  private queue: StaticArray<u8> = new StaticArray<u8>(0);
  private head: i32 = 0;
  private tail: i32 = 0;
  private readonly names: string[];
  private readonly drops: StaticArray<u64>;
  private dropCount: u64 = 0;

  constructor(names: string[]) {
    this.names = names;
    this.drops = new StaticArray<u64>(names.length * DROP_REASONS);
  }

  /** Memory it takes, which is garbage once the outbox is. */
  get heldBytes(): i32 {
    return this.queue.length + this.message.length;
  }

  get isEmpty(): bool {
    return this.count === 0 && this.dropCount === 0;
  }

  /** Whether enough waits to send it now. */
  get isFull(): bool {
    return this.count >= FLUSH_COUNT || this.tail - this.head >= FLUSH_BYTES;
  }

  drop(rollout: i32, reason: DropReason, count: u64 = 1): void {
    this.drops[rollout * DROP_REASONS + reason] += count;
    this.dropCount += count;
  }

  /** Points a writer at room for an observation's field of `Batch`; false when the queue is full. */
  open(writer: WireWriter, size: i32): bool {
    if (this.queue.length === 0) this.queue = new StaticArray<u8>(QUEUE_BYTES_MAX);
    if (this.tail + size > QUEUE_BYTES_MAX) this.compact();
    if (this.tail + size > QUEUE_BYTES_MAX) return false;
    writer.begin(this.queue, this.tail);
    this.tail += size;
    this.count++;
    return true;
  }

  /**
   * Builds the next batch in `message`, as large as fits both the credit and the peer's limit.
   * False when nothing waits or nothing fits.
   */
  build(credit: i32, messageBytesMax: i32): bool {
    const most = min(min(credit, messageBytesMax), MESSAGE_BYTES_MAX);
    const drops = this.encodedDrops(min(most - BATCH_HEAD_BYTES, DROPS_BYTES_MAX));
    const end = this.prefixEnd(most - BATCH_HEAD_BYTES - drops.length);
    const content = end - this.head + drops.length;
    if (content === 0) return false;
    if (this.message.length === 0) this.message = new StaticArray<u8>(MESSAGE_BYTES_MAX);
    const writer = new WireWriter();
    writer.begin(this.message, 0);
    writeBatchHead(writer, this.sequence, content);
    writer.raw(this.queue, this.head, end - this.head);
    writer.raw(drops, 0, drops.length);
    this.messageSize = batchSize(this.sequence, content);
    this.head = end;
    this.sequence++;
    if (this.head === this.tail) {
      this.head = 0;
      this.tail = 0;
    }
    return true;
  }

  /** Takes out a first observation that no message can carry; its rollout, or -1 if there is none. */
  takeTooLarge(messageBytesMax: i32): i32 {
    if (this.count === 0) return -1;
    const most = min(messageBytesMax, MESSAGE_BYTES_MAX) - BATCH_HEAD_BYTES;
    const start = this.head;
    const end = this.pastEntry(new WireReader(this.queue, start, this.tail));
    if (end - start <= most) return -1;
    this.head = end;
    this.count--;
    return this.rolloutOf(start, end);
  }

  /** The rollout that a queued observation names, which is its first field unless it is 0. */
  private rolloutOf(start: i32, end: i32): i32 {
    const entry = new WireReader(this.queue, start, end);
    entry.next();
    entry.length();
    entry.next();
    return entry.field === 1 ? i32(entry.number()) : 0;
  }

  /** End of the longest run of whole observations within so many bytes; they are taken. */
  private prefixEnd(bytes: i32): i32 {
    if (this.tail - this.head <= bytes) {
      this.count = 0;
      return this.tail;
    }
    const reader = new WireReader(this.queue, this.head, this.tail);
    let end = this.head;
    while (end < this.tail) {
      const next = this.pastEntry(reader);
      if (next - this.head > bytes) break;
      end = next;
      this.count--;
    }
    return end;
  }

  /** Moves a reader that stands before an observation behind it. */
  private pastEntry(reader: WireReader): i32 {
    reader.next();
    const length = reader.length();
    reader.at = reader.ok ? reader.at + length : this.tail;
    return reader.at;
  }

  /** Drops as fields of `Batch`; those that do not fit wait. */
  private encodedDrops(bytes: i32): StaticArray<u8> {
    if (this.dropCount === 0 || bytes <= 0) return new StaticArray<u8>(0);
    const scratch = new StaticArray<u8>(bytes);
    let size = 0;
    for (let i = 0; i < this.drops.length; i++) {
      const count = unchecked(this.drops[i]);
      if (count === 0) continue;
      const drop = encodeDrop(this.names[i / DROP_REASONS], i % DROP_REASONS, count);
      if (size + drop.length > bytes) break;
      copyBytes(drop, 0, scratch, size, drop.length);
      size += drop.length;
      this.drops[i] = 0;
      this.dropCount -= count;
    }
    return scratch.slice<StaticArray<u8>>(0, size);
  }

  private compact(): void {
    copyBytes(this.queue, this.head, this.queue, 0, this.tail - this.head);
    this.tail -= this.head;
    this.head = 0;
  }
}
