import type { Writable } from "node:stream";

/**
 * What is to be sent on one stream when its reader is slow: only the newest message under each key waits, so that what waits is
 * bounded by the number of keys. A reader that leaves it unread for too long is given up.
 */
export class Outbox<Message> {
  readonly #stream: Writable;
  readonly #waiting = new Map<string, Message>();
  readonly #unread: () => void;
  readonly #unreadMs: number;
  #timer: NodeJS.Timeout | undefined;

  /** `unread` is called once nothing could be sent for `unreadMs`. */
  constructor(stream: Writable, limit: { readonly unreadMs: number; readonly unread: () => void }) {
    this.#stream = stream;
    this.#unread = limit.unread;
    this.#unreadMs = limit.unreadMs;
    stream.on("drain", () => this.#drained());
  }

  /** The message under the key that has not been sent yet, if any. */
  waiting(key: string): Message | undefined {
    return this.#waiting.get(key);
  }

  /** Sends the message now, or when the reader has caught up, unless a newer one takes its place. */
  put(key: string, message: Message): void {
    this.#waiting.set(key, message);
    this.#flush();
  }

  /** Sends nothing any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#waiting.clear();
  }

  #drained(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flush();
  }

  #flush(): void {
    for (const [key, message] of this.#waiting) {
      if (this.#timer !== undefined || !this.#stream.writable) {
        return;
      }
      this.#waiting.delete(key);
      if (!this.#stream.write(message)) {
        this.#timer = setTimeout(this.#unread, this.#unreadMs);
      }
    }
  }
}
