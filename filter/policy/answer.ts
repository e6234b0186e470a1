import { copyBytes, isAscii } from "./bytes";
import { appendCapture, Capture, CaptureBudget, releaseCapture, takeCapture } from "./capture";

/** Set when what came is not the variant's own answer; the numbers are those of the contract. */
export enum Failure {
  None = 0,
  Timeout = 1,
  Unreachable = 2,
  Reset = 3,
  Abandoned = 4,
}

const CONTENT_TYPE_MAX: i32 = 128;
const CONTENT_ENCODING_MAX: i32 = 32;
const GRPC_ENCODING_MAX: i32 = 16;

/**
 * Text of at most so many bytes, cut when it is longer, and empty when it is not ASCII: strings of the
 * contract must be UTF-8, and one that is not would take the whole batch with it.
 */
export class ShortText {
  readonly bytes: StaticArray<u8>;
  length: i32 = 0;

  constructor(max: i32) {
    this.bytes = new StaticArray<u8>(max);
  }

  set(from: StaticArray<u8>, start: i32, end: i32): void {
    const length = min(end - start, this.bytes.length);
    this.length = isAscii(from, start, start + length) ? length : 0;
    copyBytes(from, start, this.bytes, 0, this.length);
  }
}

/** What one variant answered, as far as it is known. */
export class Answer {
  status: i32 = 0;
  failure: Failure = Failure.None;
  readonly contentType: ShortText = new ShortText(CONTENT_TYPE_MAX);
  readonly contentEncoding: ShortText = new ShortText(CONTENT_ENCODING_MAX);
  latencyUs: u64 = 0;
  bodyBytes: u64 = 0;
  /** Bytes of JSON before binary tensors, as the answer's header says; 0 without it. */
  inferenceHeaderBytes: u32 = 0;
  /** To the first byte of the body of a stream; 0 when that is not known. */
  firstByteUs: u64 = 0;
  /** The status of a call in gRPC; -1 where there is none. */
  grpcStatus: i32 = -1;
  readonly grpcEncoding: ShortText = new ShortText(GRPC_ENCODING_MAX);
  /** Whether it was not over when it was reported. */
  unfinished: bool = false;
  body: Capture | null = null;

  /** Whether less than the whole body is held. */
  get truncated(): bool {
    if (this.unfinished) return true;
    const body = this.body;
    return this.bodyBytes > u64(body === null ? 0 : body.length);
  }

  /** As new; gives the body back. */
  clear(budget: CaptureBudget): void {
    this.dropBody(budget);
    this.status = 0;
    this.failure = Failure.None;
    this.contentType.length = 0;
    this.contentEncoding.length = 0;
    this.latencyUs = 0;
    this.bodyBytes = 0;
    this.inferenceHeaderBytes = 0;
    this.firstByteUs = 0;
    this.grpcStatus = -1;
    this.grpcEncoding.length = 0;
    this.unfinished = false;
  }

  dropBody(budget: CaptureBudget): void {
    const body = this.body;
    if (body === null) return;
    releaseCapture(budget, body);
    this.body = null;
  }

  /** How many more bytes of the body are wanted: none once any was missed. */
  wanted(bytesMax: i32): i32 {
    const body = this.body;
    const held = body === null ? 0 : body.length;
    return u64(held) === this.bodyBytes ? bytesMax - held : 0;
  }

  /** Keeps bytes of the body if the budget allows. */
  keep(budget: CaptureBudget, from: StaticArray<u8>, count: i32): void {
    if (count === 0) return;
    let body = this.body;
    if (body === null) body = takeCapture(budget, count);
    if (body === null) return;
    this.body = body;
    const appended = appendCapture(budget, body, from, count);
    if (appended !== null) this.body = appended;
  }
}
