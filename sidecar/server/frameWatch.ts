import { FLAG, FRAME, type Frame, FrameReader, type FrameVisitor } from "./frameReader.ts";

/**
 * What a peer can do on an HTTP/2 connection that costs far more memory or time than it sends, and that grpc-js lets pass.
 * - `tiny-frames`: messages cut into frames of a few bytes; each costs some 200 bytes of memory until the message ends.
 * - `slow`: a frame or a message begun and not ended in time.
 * - `headers`: a block of headers without end.
 * - `flood`: frames that carry nothing, by the thousand.
 * - `messages`: too many messages begun at once.
 */
export type Violation = "tiny-frames" | "slow" | "headers" | "flood" | "messages";

/** What is let through. */
export type FrameLimits = {
  readonly messageMs: number;
  readonly messageBytesMax: number;
  /** Messages under way at once. */
  readonly messagesMax: number;
};

/** A gRPC message begun and not ended: five bytes of prefix, then as many bytes as the last four of them say. */
type Message = {
  readonly beganMs: number;
  prefixBytes: number;
  left: number;
  bytes: number;
  fragments: number;
};

const PREFIX_BYTES = 5;
/** A message may come in this many frames before their mean size is looked at. */
const FRAGMENTS_FREE = 64;
const FRAGMENT_BYTES_MIN = 256;
const HEADER_BLOCK_BYTES_MAX = 64 << 10;
const HEADER_FRAMES_MAX = 32;
/** Frames without data in one second. */
const BARE_FRAMES_MAX = 2_000;

/** Watches one HTTP/2 connection frame by frame. Knows just enough to tell where gRPC messages begin and end. */
export class FrameWatch implements FrameVisitor {
  readonly #limits: FrameLimits;
  readonly #reader: FrameReader;
  /** Unfinished messages by stream. */
  readonly #messages = new Map<number, Message>();
  #nowMs: number;
  /** When what the reader is within began. */
  #withinSinceMs: number | undefined;
  #headerBlock = { bytes: 0, frames: 0 };
  #bare = { sinceMs: 0, frames: 0 };
  #oversized = 0;
  #violation: Violation | undefined;

  constructor(limits: FrameLimits, nowMs: number) {
    this.#limits = limits;
    this.#reader = new FrameReader(this);
    this.#nowMs = nowMs;
    this.#withinSinceMs = nowMs;
  }

  /** Takes the next bytes that came; returns what is wrong with them, if anything. */
  push(chunk: Uint8Array, nowMs: number): Violation | undefined {
    this.#nowMs = nowMs;
    this.#reader.push(chunk);
    this.#withinSinceMs = this.#reader.isWithin ? (this.#withinSinceMs ?? nowMs) : undefined;
    return this.#violation;
  }

  /** How many messages over the size limit have begun since this was last asked; grpc-js refuses them by itself. */
  takeOversized(): number {
    const count = this.#oversized;
    this.#oversized = 0;
    return count;
  }

  /** Whether something has been under way for too long; to be asked now and then. */
  check(nowMs: number): Violation | undefined {
    const limitMs = nowMs - this.#limits.messageMs;
    const begun = [...this.#messages.values()].map(({ beganMs }) => beganMs);
    const oldestMs = Math.min(this.#withinSinceMs ?? nowMs, ...begun);
    return oldestMs < limitMs ? "slow" : undefined;
  }

  begin(frame: Frame): void {
    this.#withinSinceMs = this.#nowMs;
    switch (frame.type) {
      case FRAME.headers:
        this.#headerBlock = { bytes: frame.length, frames: 1 };
        break;
      case FRAME.continuation:
        this.#continueHeaders(frame);
        break;
      case FRAME.data:
        if (frame.length === 0) {
          this.#countBare();
        }
        break;
      default:
        this.#countBare();
    }
  }

  data(frame: Frame, bytes: Uint8Array): void {
    let rest = bytes;
    while (rest.length > 0) {
      const message = this.#messages.get(frame.stream) ?? this.#beginMessage(frame.stream);
      const isBegun = message.prefixBytes === PREFIX_BYTES;
      const taken = take(message, rest);
      message.bytes += taken;
      if (!isBegun && message.bytes + message.left > this.#limits.messageBytesMax + PREFIX_BYTES) {
        this.#oversized += Number(message.prefixBytes === PREFIX_BYTES);
      }
      rest = rest.subarray(taken);
      if (message.prefixBytes === PREFIX_BYTES && message.left === 0) {
        this.#messages.delete(frame.stream);
      }
    }
  }

  end(frame: Frame): void {
    const isLast = frame.type === FRAME.resetStream || (frame.flags & FLAG.endStream) !== 0;
    if (isLast && frame.type <= FRAME.resetStream) {
      this.#messages.delete(frame.stream);
    }
    const message = frame.type === FRAME.data ? this.#messages.get(frame.stream) : undefined;
    if (message !== undefined) {
      message.fragments += 1;
      const isTiny = message.bytes < message.fragments * FRAGMENT_BYTES_MIN;
      if (message.fragments > FRAGMENTS_FREE && isTiny) {
        this.#violation ??= "tiny-frames";
      }
    }
  }

  #beginMessage(stream: number): Message {
    const message = { beganMs: this.#nowMs, prefixBytes: 0, left: 0, bytes: 0, fragments: 0 };
    this.#messages.set(stream, message);
    if (this.#messages.size > this.#limits.messagesMax) {
      this.#violation ??= "messages";
    }
    return message;
  }

  #continueHeaders(frame: Frame): void {
    this.#headerBlock.bytes += frame.length;
    this.#headerBlock.frames += 1;
    const { bytes, frames } = this.#headerBlock;
    if (bytes > HEADER_BLOCK_BYTES_MAX || frames > HEADER_FRAMES_MAX) {
      this.#violation ??= "headers";
    }
  }

  #countBare(): void {
    if (this.#nowMs - this.#bare.sinceMs >= 1_000) {
      this.#bare = { sinceMs: this.#nowMs, frames: 0 };
    }
    this.#bare.frames += 1;
    if (this.#bare.frames > BARE_FRAMES_MAX) {
      this.#violation ??= "flood";
    }
  }
}

/** Moves the message on by the bytes, up to its end; returns how many of them it took. */
function take(message: Message, bytes: Uint8Array): number {
  let at = 0;
  while (message.prefixBytes < PREFIX_BYTES && at < bytes.length) {
    const byte = bytes[at] ?? 0;
    message.left = message.prefixBytes === 0 ? 0 : message.left * 256 + byte;
    message.prefixBytes += 1;
    at += 1;
  }
  const body = Math.min(message.left, bytes.length - at);
  if (message.prefixBytes === PREFIX_BYTES) {
    message.left -= body;
    return at + body;
  }
  return at;
}
