import { Buffer, HeaderMap } from "../abi/enums";
import { readBuffer, readPairs } from "../abi/host";
import { landed } from "../abi/memory";
import { decodePairs } from "../abi/pairs";
import { Answer, Failure } from "../policy/answer";
import { appendCapture, Capture, takeCapture } from "../policy/capture";
import { Counter } from "../policy/counters";
import { DropReason } from "../policy/drops";
import { Exchange, ShadowStage } from "../policy/exchange";
import { isBeyondOneMessage, isOneMessage } from "../policy/grpc";
import { AnswerHead, Headers } from "../policy/headers";
import { otherVariant, Variant } from "../policy/split";
import { failureOfMade, failureOfMadeCall, MADE_BODY_BYTES_MAX } from "../policy/transport";
import { copySize, writeCopy } from "./copy";
import { endCall, keepCall, keepHead, keepTrailers } from "./head";
import { settle } from "./report";
import { ActiveRollout } from "./rollout";
import { Root } from "./root";
import { count, exchangeOfToken, forgetToken, nowNs } from "./world";

const answerHeaders = new Headers();
const answerHead = new AnswerHead();

/** Begins to copy a request that falls into the shadow's cohort, if the limits allow. */
export function planShadow(
  root: Root,
  rollout: ActiveRollout,
  exchange: Exchange,
  headers: Headers,
): void {
  const refusal = rollout.limits.refusal(exchange.startNs / 1_000_000);
  if (refusal !== 0) {
    root.drop(rollout.index, refusal as DropReason);
    return;
  }
  exchange.shadowVariant = otherVariant(exchange.subject.served);
  const size = copySize(rollout, exchange.shadowVariant, headers, exchange.isGrpc);
  const capture: Capture | null = size === 0 ? null : takeCapture(exchange.budget, size);
  if (capture === null) {
    root.drop(rollout.index, size === 0 ? DropReason.Headers : DropReason.CapturedBytes);
    return;
  }
  exchange.shadowHeaders = capture;
  writeCopy(headers, capture);
  exchange.stage = ShadowStage.Copying;
}

/** Begins a second copy, to the primary, of a request that is copied; without it there is a pair all the same. */
export function planSecondary(
  root: Root,
  rollout: ActiveRollout,
  exchange: Exchange,
  headers: Headers,
): void {
  if (exchange.stage !== ShadowStage.Copying) return;
  const size = copySize(rollout, Variant.Primary, headers, exchange.isGrpc);
  const capture: Capture | null = size === 0 ? null : takeCapture(exchange.budget, size);
  if (capture === null) {
    root.drop(rollout.index, DropReason.CapturedBytes);
    return;
  }
  exchange.secondaryHeaders = capture;
  writeCopy(headers, capture);
  exchange.secondaryStage = ShadowStage.Copying;
}

/** Copies a piece of the request's body as it passes. */
export function copyBody(root: Root, exchange: Exchange, size: i32): void {
  if (exchange.stage !== ShadowStage.Copying || size <= 0) return;
  const index = exchange.subject.rollout;
  const bytesMax = unchecked(root.rollouts[index]).config.shadow.bodyBytesMax;
  const body = exchange.shadowBody;
  const held = body === null ? 0 : body.length;
  if (size > bytesMax - held) {
    abandon(root, exchange, DropReason.ShadowBodyBytes);
    return;
  }
  const read = readBuffer(Buffer.RequestBody, size);
  if (read < size) {
    abandon(root, exchange, DropReason.ShadowBodyBytes);
    return;
  }
  const target = body === null ? takeCapture(exchange.budget, size) : body;
  if (target === null) {
    abandon(root, exchange, DropReason.CapturedBytes);
    return;
  }
  exchange.shadowBody = target;
  const appended = appendCapture(exchange.budget, target, landed(), size);
  if (appended === null) {
    abandon(root, exchange, DropReason.CapturedBytes);
    return;
  }
  exchange.shadowBody = appended;
  if (exchange.isGrpc && isBeyondOneMessage(appended.bytes, appended.length)) {
    abandon(root, exchange, DropReason.Streaming);
  }
}

/**
 * The request has ended, and with it its copy, which waits for the next tick: the user's request leaves first, and no user waits for
 * the copy of another. Comes last in a callback.
 */
export function completeShadow(root: Root, exchange: Exchange): void {
  if (exchange.stage !== ShadowStage.Copying) return;
  if (exchange.isGrpc && !hasOneMessage(exchange)) {
    abandon(root, exchange, DropReason.Streaming);
    return;
  }
  exchange.stage = ShadowStage.Waiting;
  root.waiting.push(exchange);
  root.hurry();
}

/** The copy was answered, or failed. Tokens that are not known are ignored. */
export function shadowAnswered(root: Root, token: u32, headers: i32, bodySize: i32): void {
  const exchange = exchangeOfToken(token);
  if (exchange === null || exchange.root !== root.id) return;
  const isShadow = exchange.token === token;
  const answer = isShadow ? exchange.shadow : exchange.secondary;
  const stage = isShadow ? exchange.stage : exchange.secondaryStage;
  forgetToken(exchange, token);
  const rollout = unchecked(root.rollouts[exchange.subject.rollout]);
  rollout.limits.end();
  if (stage === ShadowStage.Sent && !exchange.reported) {
    readAnswer(rollout, exchange, answer, headers, bodySize);
    if (isShadow) exchange.stage = ShadowStage.Answered;
    else exchange.secondaryStage = ShadowStage.Answered;
  }
  const failed = answer.failure !== Failure.None;
  count(failed ? Counter.ShadowsFailed : Counter.ShadowsAnswered);
  settle(root, exchange);
}

function hasOneMessage(exchange: Exchange): bool {
  const body = exchange.shadowBody;
  return body !== null && isOneMessage(body.bytes, body.length);
}

function abandon(root: Root, exchange: Exchange, reason: DropReason): void {
  exchange.dropShadow();
  root.drop(exchange.subject.rollout, reason);
}

function readAnswer(
  rollout: ActiveRollout,
  exchange: Exchange,
  answer: Answer,
  headerCount: i32,
  bodySize: i32,
): void {
  const elapsedNs = nowNs() - exchange.sentNs;
  answer.latencyUs = elapsedNs / 1000;
  const size = headerCount > 0 ? readPairs(HeaderMap.HttpCallResponseHeaders) : -1;
  const count = size < 0 ? -1 : decodePairs(landed(), size, answerHeaders.spans);
  if (count < 0) {
    const timeoutNs = u64(rollout.config.shadow.timeoutMs) * 1_000_000;
    answer.failure = elapsedNs >= timeoutNs ? Failure.Timeout : Failure.Reset;
    return;
  }
  answerHeaders.bytes = landed();
  answerHeaders.count = count;
  answerHead.read(answerHeaders);
  keepHead(answer, answerHead, answerHeaders);
  if (exchange.isGrpc) readCall(answer);
  answer.bodyBytes = u64(bodySize);
  const wanted = min(bodySize, rollout.config.shadow.bodyBytesMax);
  const read = wanted > 0 ? readBuffer(Buffer.HttpCallResponseBody, wanted) : 0;
  if (!exchange.isGrpc && bodySize <= MADE_BODY_BYTES_MAX && read === bodySize) {
    answer.failure = failureOfMade(answer.status, count, landed(), read);
  }
  if (read > 0 && answer.failure === Failure.None) answer.keep(exchange.budget, landed(), read);
}

/** Reads what the answer whose headers were read last says of a call in gRPC. */
function readCall(answer: Answer): void {
  keepCall(answer, answerHead, answerHeaders);
  const words = answerHead.grpcMessage;
  if (words >= 0) {
    answer.failure = failureOfMadeCall(
      answerHeaders.count,
      answerHeaders.bytes,
      answerHeaders.valueStart(words),
      answerHeaders.valueEnd(words),
    );
  }
  keepTrailers(answer, HeaderMap.HttpCallResponseTrailers);
  endCall(answer);
}
