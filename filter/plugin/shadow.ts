import { Buffer, HeaderMap } from "../abi/enums";
import { readBuffer, readPairs, sendHttp } from "../abi/host";
import { landed } from "../abi/memory";
import { decodePairs, PairsWriter } from "../abi/pairs";
import { Failure } from "../policy/answer";
import { utf8 } from "../policy/bytes";
import { appendCapture, CAPTURE_BYTES_MAX, takeCapture } from "../policy/capture";
import { Counter } from "../policy/counters";
import { DropReason } from "../policy/drops";
import { Exchange, ShadowStage } from "../policy/exchange";
import { AnswerHead, Headers, SHADOW, SHADOW_HEADERS_MAX, VARIANT } from "../policy/headers";
import { otherVariant } from "../policy/split";
import { failureOfMade, MADE_BODY_BYTES_MAX } from "../policy/transport";
import { settle } from "./report";
import { ActiveRollout } from "./rollout";
import { Root } from "./root";
import { count, exchangeOfToken, forgetToken, keepToken, nowNs } from "./world";

const YES = utf8("1");
const NOTHING = new StaticArray<u8>(0);

const copied = new StaticArray<i32>(SHADOW_HEADERS_MAX);
const writer = new PairsWriter();
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
  const reason = copyHeaders(rollout, exchange, headers);
  if (reason !== 0) {
    root.drop(rollout.index, reason as DropReason);
    return;
  }
  exchange.stage = ShadowStage.Copying;
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
}

/** Sends the copy: the request's body has ended. */
export function sendShadow(root: Root, exchange: Exchange): void {
  if (exchange.stage !== ShadowStage.Copying) return;
  const headers = exchange.shadowHeaders;
  if (headers === null) return;
  const rollout = unchecked(root.rollouts[exchange.subject.rollout]);
  exchange.sentNs = nowNs();
  const refusal =
    root.endsAtMs > 0
      ? i32(DropReason.ShadowRefused)
      : rollout.limits.refusal(exchange.sentNs / 1_000_000);
  if (refusal !== 0) {
    abandon(root, exchange, refusal as DropReason);
    return;
  }
  const body = exchange.shadowBody;
  const token = sendHttp(
    rollout.config.variant(exchange.shadowVariant).clusterBytes,
    headers.bytes,
    headers.length,
    body === null ? NOTHING : body.bytes,
    body === null ? 0 : body.length,
    u32(rollout.config.shadow.timeoutMs),
  );
  if (token === 0) {
    abandon(root, exchange, DropReason.ShadowRefused);
    return;
  }
  rollout.limits.send();
  keepToken(exchange, token);
  exchange.stage = ShadowStage.Sent;
  exchange.releaseCopy();
  count(Counter.ShadowsSent);
}

/** The copy was answered, or failed. Tokens that are not known are ignored. */
export function shadowAnswered(root: Root, token: u32, headers: i32, bodySize: i32): void {
  const exchange = exchangeOfToken(token);
  if (exchange === null || exchange.root !== root.id) return;
  forgetToken(exchange);
  const rollout = unchecked(root.rollouts[exchange.subject.rollout]);
  rollout.limits.end();
  if (exchange.stage === ShadowStage.Sent && !exchange.reported) {
    readAnswer(rollout, exchange, headers, bodySize);
    exchange.stage = ShadowStage.Answered;
  }
  const failed = exchange.shadow.failure !== Failure.None;
  count(failed ? Counter.ShadowsFailed : Counter.ShadowsAnswered);
  settle(root, exchange);
}

function abandon(root: Root, exchange: Exchange, reason: DropReason): void {
  exchange.dropShadow();
  root.drop(exchange.subject.rollout, reason);
}

/** Writes the copy's headers; returns the reason when there is no room for them, else 0. */
function copyHeaders(rollout: ActiveRollout, exchange: Exchange, headers: Headers): i32 {
  if (headers.count > SHADOW_HEADERS_MAX - 2) return DropReason.Headers;
  let kept = 0;
  let textBytes = SHADOW.length + YES.length + VARIANT.length;
  for (let i = 0; i < headers.count; i++) {
    if (!headers.isCopied(i)) continue;
    copied[kept++] = i;
    textBytes += headers.nameEnd(i) - headers.nameStart(i);
    textBytes += headers.valueEnd(i) - headers.valueStart(i);
  }
  const version = rollout.config.variant(exchange.shadowVariant).versionBytes;
  const size = PairsWriter.size(kept + 2, textBytes + version.length);
  if (size > CAPTURE_BYTES_MAX) return DropReason.Headers;
  const capture = takeCapture(exchange.budget, size);
  if (capture === null) return DropReason.CapturedBytes;
  capture.length = size;
  exchange.shadowHeaders = capture;
  writer.begin(capture.bytes, kept + 2);
  const bytes = headers.bytes;
  for (let k = 0; k < kept; k++) {
    const i = unchecked(copied[k]);
    const nameStart = headers.nameStart(i);
    const nameEnd = headers.nameEnd(i);
    writer.add(bytes, nameStart, nameEnd, bytes, headers.valueStart(i), headers.valueEnd(i));
  }
  writer.add(SHADOW, 0, SHADOW.length, YES, 0, YES.length);
  writer.add(VARIANT, 0, VARIANT.length, version, 0, version.length);
  return 0;
}

function readAnswer(
  rollout: ActiveRollout,
  exchange: Exchange,
  headerCount: i32,
  bodySize: i32,
): void {
  const answer = exchange.shadow;
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
  keepHead(exchange, answerHead, answerHeaders, false);
  answer.bodyBytes = u64(bodySize);
  const wanted = min(bodySize, rollout.config.shadow.bodyBytesMax);
  const read = wanted > 0 ? readBuffer(Buffer.HttpCallResponseBody, wanted) : 0;
  if (bodySize <= MADE_BODY_BYTES_MAX && read === bodySize) {
    answer.failure = failureOfMade(answer.status, count, landed(), read);
  }
  if (read > 0 && answer.failure === Failure.None) answer.keep(exchange.budget, landed(), read);
}

/** Keeps status and content headers of the user's answer or of the shadow's. */
export function keepHead(
  exchange: Exchange,
  head: AnswerHead,
  headers: Headers,
  ofUser: bool,
): void {
  const answer = ofUser ? exchange.answer : exchange.shadow;
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
