import { copyBytes } from "./bytes";
import { DROP_REASONS, DropReason } from "./drops";
import { batchSize, encodeDrop, writeBatchHead } from "./messages";
import { WireReader, WireWriter } from "./wire";

/** Observations that wait to be sent, encoded. */
export const QUEUE_BYTES_MAX: i32 = 1024 * 1024;
/** Largest message that is built, whatever the sidecar would take. */
export const MESSAGE_BYTES_MAX: i32 = 256 * 1024;
/** When so much waits, it is sent without waiting for the tick. */
const FLUSH_BYTES: i32 = 96 * 1024;
const FLUSH_COUNT: i32 = 128;
/** Room for a batch's head and drops beside its observations. */
const HEAD_BYTES_MAX: i32 = 4096;

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

  /** Makes room for an observation's field of `Batch`; its writer, or null when the queue is full. */
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
   * False when nothing waits or nothing fits. An observation that can never fit is dropped.
   */
  build(credit: i32, messageBytesMax: i32): bool {
    const most = min(min(credit, messageBytesMax), MESSAGE_BYTES_MAX);
    const drops = this.encodedDrops(min(most - 16, HEAD_BYTES_MAX));
    const end = this.prefixEnd(most - 16 - drops.length);
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

  /** Drops a first observation that no message can carry. Returns its rollout's drop to count. */
  dropTooLarge(messageBytesMax: i32): bool {
    if (this.count === 0) return false;
    const most = min(messageBytesMax, MESSAGE_BYTES_MAX) - 16 - HEAD_BYTES_MAX;
    const size = this.entryEnd(this.head) - this.head;
    if (size <= most) return false;
    this.head += size;
    this.count--;
    return true;
  }

  /** End of the longest run of whole observations within so many bytes; they are taken. */
  private prefixEnd(bytes: i32): i32 {
    let end = this.head;
    while (end < this.tail) {
      const next = this.entryEnd(end);
      if (next - this.head > bytes) break;
      end = next;
      this.count--;
    }
    return end;
  }

  private entryEnd(start: i32): i32 {
    const reader = new WireReader(this.queue, start, this.tail);
    reader.next();
    const length = reader.length();
    return reader.ok ? reader.at + length : this.tail;
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
