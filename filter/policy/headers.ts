import { pathEnd, spells, startsWith, utf8 } from "./bytes";
import { GRPC_ENCODING, GRPC_MESSAGE, GRPC_STATUS, isGrpc, isKinOfGrpc } from "./grpc";

/** Most headers of one request or answer that are looked at. */
export const HEADERS_MAX: i32 = 2048;
/** Most headers of a request that is copied. */
export const SHADOW_HEADERS_MAX: i32 = 1000;

/** Headers that the filter, a route or the sidecar acts on; a client's copies are always removed. */
export const VARIANT: StaticArray<u8> = utf8("x-understudy-variant");
export const SHADOW: StaticArray<u8> = utf8("x-understudy-shadow");
export const OVERRIDE: StaticArray<u8> = utf8("x-understudy-override");
export const ROLLOUT: StaticArray<u8> = utf8("x-understudy-rollout");

const COLON: u8 = 0x3a;
export const COOKIE: StaticArray<u8> = utf8("cookie");
const PATH = utf8(":path");
const METHOD = utf8(":method");
const AUTHORITY = utf8(":authority");
const SCHEME = utf8(":scheme");
const PROTOCOL = utf8(":protocol");
const UPGRADE = utf8("upgrade");
export const CONTENT_TYPE: StaticArray<u8> = utf8("content-type");
export const CONTENT_ENCODING: StaticArray<u8> = utf8("content-encoding");
export const INFERENCE_HEADER_BYTES: StaticArray<u8> = utf8("inference-header-content-length");
const STATUS = utf8(":status");
const REQUEST_ID = utf8("x-request-id");
const CONNECT = utf8("CONNECT");
const HTTPS = utf8("https");
const EVENT_STREAM = utf8("text/event-stream");

/** The headers of one message: text in `bytes`, and for each header four positions in `spans`. */
export class Headers {
  bytes: StaticArray<u8> = new StaticArray<u8>(0);
  spans: StaticArray<i32> = new StaticArray<i32>(HEADERS_MAX * 4);
  count: i32 = 0;

  nameStart(i: i32): i32 {
    return unchecked(this.spans[i * 4]);
  }

  nameEnd(i: i32): i32 {
    return unchecked(this.spans[i * 4 + 1]);
  }

  valueStart(i: i32): i32 {
    return unchecked(this.spans[i * 4 + 2]);
  }

  valueEnd(i: i32): i32 {
    return unchecked(this.spans[i * 4 + 3]);
  }

  /** Whether header `i` has this name. Envoy's names are lower case. */
  isNamed(i: i32, name: StaticArray<u8>): bool {
    return spells(this.bytes, this.nameStart(i), this.nameEnd(i), name);
  }

  /** Position of the first header of this name from `from` on, or -1. */
  find(name: StaticArray<u8>, from: i32 = 0): i32 {
    for (let i = from; i < this.count; i++) {
      if (this.isNamed(i, name)) return i;
    }
    return -1;
  }

  /** Whether header `i` exists and has this value. */
  isValue(i: i32, value: StaticArray<u8>): bool {
    return i >= 0 && spells(this.bytes, this.valueStart(i), this.valueEnd(i), value);
  }

  /** Whether the value of header `i` begins so. */
  valueStarts(i: i32, text: StaticArray<u8>): bool {
    return i >= 0 && startsWith(this.bytes, this.valueStart(i), this.valueEnd(i), text);
  }
}

/** Where a request's headers of interest stand; -1 for those it lacks. */
export class RequestHead {
  path: i32 = -1;
  /** Where the path's query begins. */
  pathEnd: i32 = 0;
  authority: i32 = -1;
  requestId: i32 = -1;
  overrideAt: i32 = -1;
  /** The client's copies of our other headers. */
  variant: i32 = -1;
  shadow: i32 = -1;
  rollout: i32 = -1;
  /** An upgrade, a tunnel or gRPC-Web, whose body has no end to wait for. */
  streaming: bool = false;
  grpc: bool = false;
  https: bool = false;
  /** Whether it came by a test route; for whoever matches it to say. */
  isTest: bool = false;

  read(headers: Headers): void {
    this.path = -1;
    this.authority = -1;
    this.requestId = -1;
    this.overrideAt = -1;
    this.variant = -1;
    this.shadow = -1;
    this.rollout = -1;
    this.streaming = false;
    this.grpc = false;
    this.https = false;
    this.isTest = false;
    for (let i = 0; i < headers.count; i++) this.readOne(headers, i);
  }

  private readOne(headers: Headers, i: i32): void {
    const start = headers.nameStart(i);
    const size = headers.nameEnd(i) - start;
    if (size === 0) return;
    if (unchecked(headers.bytes[start]) === COLON) this.readPseudo(headers, i, size);
    else if (size === 12) this.readTwelve(headers, i);
    else if (size >= 19 && size <= 21) this.readOwn(headers, i);
    else if (size === 7 && headers.isNamed(i, UPGRADE)) this.streaming = true;
  }

  private readPseudo(headers: Headers, i: i32, size: i32): void {
    if (size === 5 && headers.isNamed(i, PATH)) {
      this.path = i;
      this.pathEnd = pathEnd(headers.bytes, headers.valueStart(i), headers.valueEnd(i));
    } else if (size === 10 && headers.isNamed(i, AUTHORITY)) this.authority = i;
    else if (size === 7 && headers.isNamed(i, METHOD)) {
      if (headers.isValue(i, CONNECT)) this.streaming = true;
    } else if (size === 7 && headers.isNamed(i, SCHEME)) this.https = headers.isValue(i, HTTPS);
    else if (size === 9 && headers.isNamed(i, PROTOCOL)) this.streaming = true;
  }

  private readTwelve(headers: Headers, i: i32): void {
    if (this.requestId < 0 && headers.isNamed(i, REQUEST_ID)) this.requestId = i;
    else if (headers.isNamed(i, CONTENT_TYPE)) {
      const start = headers.valueStart(i);
      const end = headers.valueEnd(i);
      if (!isKinOfGrpc(headers.bytes, start, end)) return;
      if (isGrpc(headers.bytes, start, end)) this.grpc = true;
      else this.streaming = true;
    }
  }

  private readOwn(headers: Headers, i: i32): void {
    if (headers.isNamed(i, VARIANT)) this.variant = i;
    else if (headers.isNamed(i, SHADOW)) this.shadow = i;
    else if (headers.isNamed(i, OVERRIDE)) this.overrideAt = i;
    else if (headers.isNamed(i, ROLLOUT)) this.rollout = i;
  }
}

/** Where an answer's headers of interest stand; -1 for those it lacks. */
export class AnswerHead {
  /** 100 to 599, or 0 when there is none. */
  status: i32 = 0;
  contentType: i32 = -1;
  contentEncoding: i32 = -1;
  /** Bytes of JSON before binary tensors (Open Inference Protocol), or 0. */
  inferenceHeaderBytes: u32 = 0;
  /** Server-sent events: they come one by one for as long as the server likes. */
  isEventStream: bool = false;
  /** gRPC or gRPC-Web. */
  isKinOfGrpc: bool = false;
  /** What gRPC says in headers, or in trailers: the call's status, its words, and how messages are compressed. */
  grpcStatus: i32 = -1;
  grpcMessage: i32 = -1;
  grpcEncoding: i32 = -1;

  read(headers: Headers): void {
    this.status = 0;
    this.contentType = -1;
    this.contentEncoding = -1;
    this.inferenceHeaderBytes = 0;
    this.grpcStatus = -1;
    this.grpcMessage = -1;
    this.grpcEncoding = -1;
    for (let i = 0; i < headers.count; i++) this.readOne(headers, i);
    this.isEventStream = headers.valueStarts(this.contentType, EVENT_STREAM);
    const type = this.contentType;
    this.isKinOfGrpc =
      type >= 0 && isKinOfGrpc(headers.bytes, headers.valueStart(type), headers.valueEnd(type));
  }

  private readOne(headers: Headers, i: i32): void {
    const size = headers.nameEnd(i) - headers.nameStart(i);
    if (size === 7 && headers.isNamed(i, STATUS)) this.status = statusOf(headers, i);
    else if (size === 11 && headers.isNamed(i, GRPC_STATUS)) {
      this.grpcStatus = numberOf(headers, i);
    } else if (size === 12) this.readTwelve(headers, i);
    else if (size === 13 && headers.isNamed(i, GRPC_ENCODING)) this.grpcEncoding = i;
    else if (size === 16 && headers.isNamed(i, CONTENT_ENCODING)) this.contentEncoding = i;
    else if (size === 31 && headers.isNamed(i, INFERENCE_HEADER_BYTES)) {
      this.inferenceHeaderBytes = u32(max(0, numberOf(headers, i)));
    }
  }

  private readTwelve(headers: Headers, i: i32): void {
    if (headers.isNamed(i, CONTENT_TYPE)) this.contentType = i;
    else if (headers.isNamed(i, GRPC_MESSAGE)) this.grpcMessage = i;
  }
}

function statusOf(headers: Headers, i: i32): i32 {
  const status = numberOf(headers, i);
  return status >= 100 && status <= 599 ? status : 0;
}

/** Digits of a value's number; with more it is beyond anything that is held. */
const DIGITS_MAX: i32 = 9;

/** The number that a header's value is; -1 when it is none. */
export function numberOf(headers: Headers, i: i32): i32 {
  const start = headers.valueStart(i);
  const end = headers.valueEnd(i);
  if (end === start || end - start > DIGITS_MAX) return -1;
  let number = 0;
  for (let k = start; k < end; k++) {
    const digit = i32(headers.bytes[k]) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number;
}
