import { HeaderMap } from "../abi/enums";
import { readPairs } from "../abi/host";
import { landed } from "../abi/memory";
import { decodePairs } from "../abi/pairs";
import { Answer } from "../policy/answer";
import { NO_STATUS } from "../policy/grpc";
import { AnswerHead, Headers } from "../policy/headers";

const trailers = new Headers();
const trailersHead = new AnswerHead();

/** Keeps status and content headers of an answer. */
export function keepHead(answer: Answer, head: AnswerHead, headers: Headers): void {
  answer.status = head.status;
  answer.inferenceHeaderBytes = head.inferenceHeaderBytes;
  const type = head.contentType;
  if (type >= 0) {
    answer.contentType.set(headers.bytes, headers.valueStart(type), headers.valueEnd(type));
  }
  const encoding = head.contentEncoding;
  if (encoding >= 0) {
    answer.contentEncoding.set(
      headers.bytes,
      headers.valueStart(encoding),
      headers.valueEnd(encoding),
    );
  }
}

/** Keeps what an answer's headers say of a call in gRPC; its status is there when it has no body. */
export function keepCall(answer: Answer, head: AnswerHead, headers: Headers): void {
  answer.grpcStatus = head.grpcStatus;
  const encoding = head.grpcEncoding;
  if (encoding < 0) return;
  const start = headers.valueStart(encoding);
  answer.grpcEncoding.set(headers.bytes, start, headers.valueEnd(encoding));
}

/** Takes the status of a call from its trailers, if its headers had none. */
export function keepTrailers(answer: Answer, map: HeaderMap): void {
  if (answer.grpcStatus >= 0) return;
  const size = readPairs(map);
  const count = size < 0 ? -1 : decodePairs(landed(), size, trailers.spans);
  if (count < 0) return;
  trailers.bytes = landed();
  trailers.count = count;
  trailersHead.read(trailers);
  answer.grpcStatus = trailersHead.grpcStatus;
}

/** A complete answer to a call has a status: clients make one up where none came. */
export function endCall(answer: Answer): void {
  if (answer.grpcStatus < 0 && answer.status === 200) answer.grpcStatus = NO_STATUS;
}
