/** The head of an HTTP/2 frame (RFC 9113, 4.1). */
export type Frame = {
  readonly length: number;
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
};

/** Told of each frame as its bytes come. */
export interface FrameVisitor {
  begin(frame: Frame): void;
  /** Some of a DATA frame's data, without padding. */
  data(frame: Frame, bytes: Uint8Array): void;
  end(frame: Frame): void;
}

/** Types and flags of frames. */
export const FRAME = { data: 0, headers: 1, resetStream: 3, continuation: 9 } as const;
export const FLAG = { endStream: 0x1, endHeaders: 0x4, padded: 0x8 } as const;

const PREFACE_BYTES = 24;
const HEAD_BYTES = 9;

/** Splits what a client sends on an HTTP/2 connection into frames, and keeps none of it. */
export class FrameReader {
  readonly #visitor: FrameVisitor;
  readonly #head = new DataView(new ArrayBuffer(HEAD_BYTES));
  #prefaceLeft = PREFACE_BYTES;
  #headBytes = 0;
  #frame: Frame | undefined;
  #payloadLeft = 0;
  #padding = 0;

  constructor(visitor: FrameVisitor) {
    this.#visitor = visitor;
  }

  /** Whether the preface or a frame has begun and not ended; true also before the first byte. */
  get isWithin(): boolean {
    return this.#prefaceLeft > 0 || this.#headBytes > 0 || this.#frame !== undefined;
  }

  push(chunk: Uint8Array): void {
    let at = Math.min(this.#prefaceLeft, chunk.length);
    this.#prefaceLeft -= at;
    while (at < chunk.length) {
      if (this.#frame === undefined) {
        this.#head.setUint8(this.#headBytes, chunk[at] ?? 0);
        this.#headBytes += 1;
        at += 1;
        this.#beginWhenComplete();
      } else {
        const part = chunk.subarray(at, at + this.#payloadLeft);
        at += part.length;
        this.#take(this.#frame, part);
      }
    }
  }

  #beginWhenComplete(): void {
    if (this.#headBytes < HEAD_BYTES) {
      return;
    }
    const frame: Frame = {
      length: this.#head.getUint32(0) >>> 8,
      type: this.#head.getUint8(3),
      flags: this.#head.getUint8(4),
      stream: this.#head.getUint32(5) & 0x7fffffff,
    };
    this.#headBytes = 0;
    this.#frame = frame;
    this.#payloadLeft = frame.length;
    this.#padding = 0;
    this.#visitor.begin(frame);
    this.#endWhenComplete(frame);
  }

  #take(frame: Frame, part: Uint8Array): void {
    const isFirst = this.#payloadLeft === frame.length;
    let from = 0;
    if (isFirst && frame.type === FRAME.data && (frame.flags & FLAG.padded) !== 0) {
      this.#padding = part[0] ?? 0;
      from = 1;
    }
    this.#payloadLeft -= part.length;
    if (frame.type === FRAME.data) {
      const paddingHere = Math.max(0, this.#padding - this.#payloadLeft);
      this.#visitor.data(frame, part.subarray(from, Math.max(from, part.length - paddingHere)));
    }
    this.#endWhenComplete(frame);
  }

  #endWhenComplete(frame: Frame): void {
    if (this.#payloadLeft === 0) {
      this.#frame = undefined;
      this.#visitor.end(frame);
    }
  }
}
