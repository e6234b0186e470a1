import { Buffer } from "../abi/enums";
import { readBuffer } from "../abi/host";
import { landed } from "../abi/memory";
import { Exchange } from "../policy/exchange";
import {
  CONTENT_ENCODING,
  CONTENT_TYPE,
  Headers,
  INFERENCE_HEADER_BYTES,
  numberOf,
} from "../policy/headers";
import { Root } from "./root";

/** Begins to capture a request: keeps what its headers say of its body. */
export function captureHead(exchange: Exchange, headers: Headers): void {
  const request = exchange.request;
  exchange.isCaptured = true;
  const type = headers.find(CONTENT_TYPE);
  if (type >= 0) {
    request.contentType.set(headers.bytes, headers.valueStart(type), headers.valueEnd(type));
  }
  const encoding = headers.find(CONTENT_ENCODING);
  if (encoding >= 0) {
    const start = headers.valueStart(encoding);
    request.contentEncoding.set(headers.bytes, start, headers.valueEnd(encoding));
  }
  const inference = headers.find(INFERENCE_HEADER_BYTES);
  if (inference >= 0) request.inferenceHeaderBytes = u32(max(0, numberOf(headers, inference)));
}

/** Keeps a piece of a captured request's body as it passes, to the cap. */
export function captureBody(root: Root, exchange: Exchange, size: i32): void {
  if (!exchange.isCaptured || exchange.reported || size <= 0) return;
  const request = exchange.request;
  const bytesMax = unchecked(root.rollouts[exchange.subject.rollout]).config.shadow.bodyBytesMax;
  const wanted = min(size, request.wanted(bytesMax));
  if (wanted > 0) {
    const read = readBuffer(Buffer.RequestBody, wanted);
    if (read > 0) request.keep(exchange.budget, landed(), min(read, wanted));
  }
  request.bodyBytes += u64(size);
}
