import { Buffer, HeaderMap } from "../abi/enums";
import { addHeader, readBuffer, readPairs, readProperty } from "../abi/host";
import { landed } from "../abi/memory";
import { decodePairs } from "../abi/pairs";
import { Failure } from "../policy/answer";
import { utf8 } from "../policy/bytes";
import { DropReason } from "../policy/drops";
import { Exchange, ShadowStage } from "../policy/exchange";
import { AnswerHead, Headers } from "../policy/headers";
import { SET_COOKIE_BYTES_MAX } from "../policy/sticky";
import { failureOfDetails } from "../policy/transport";
import { endCall, keepCall, keepHead, keepTrailers } from "./head";
import { report, settle } from "./report";
import { Root } from "./root";
import { nowNs } from "./world";

const CODE_DETAILS = utf8("response\0code_details");
const SET_COOKIE = utf8("set-cookie");

const headers = new Headers();
const head = new AnswerHead();
const setCookie = new StaticArray<u8>(SET_COOKIE_BYTES_MAX);

/** The user's answer begins. */
export function responseHeaders(root: Root, exchange: Exchange, ended: bool): void {
  if (exchange.issuesCookie) issueCookie(root, exchange);
  if (!exchange.observed || exchange.reported) return;
  const size = readPairs(HeaderMap.ResponseHeaders);
  headers.bytes = landed();
  headers.count = max(0, size < 0 ? 0 : decodePairs(headers.bytes, size, headers.spans));
  head.read(headers);
  keepHead(exchange.answer, head, headers);
  if (exchange.isGrpc) keepCall(exchange.answer, head, headers);
  if (!ended && isPassedBy(exchange)) {
    passStream(root, exchange);
    return;
  }
  if (isStream(exchange, ended)) {
    exchange.isStream = true;
    exchange.answer.latencyUs = (nowNs() - exchange.startNs) / 1000;
  }
  if (head.status >= 500 || exchange.answer.grpcStatus > 0) {
    exchange.answer.failure = failureOfUpstream();
  }
  if (ended) responseEnded(root, exchange);
}

/** Whether the answer that begins is reported as it does: gRPC that nobody asked for, and events that belong to no pair. */
function isPassedBy(exchange: Exchange): bool {
  return (head.isKinOfGrpc && !exchange.isGrpc) || (head.isEventStream && !exchange.isPair);
}

/** Whether the latency of the answer that begins is that to its headers. */
function isStream(exchange: Exchange, ended: bool): bool {
  return head.isEventStream || (exchange.isGrpc && !exchange.isUnary && !ended);
}

/** A piece of the user's answer passes. */
export function responseBody(root: Root, exchange: Exchange, size: i32, ended: bool): void {
  if (!exchange.observed || exchange.reported) return;
  if (exchange.isStream && size > 0 && exchange.answer.firstByteUs === 0) {
    exchange.answer.firstByteUs = (nowNs() - exchange.startNs) / 1000;
  }
  if (exchange.keepsAnswer && size > 0) capture(root, exchange, size);
  exchange.answer.bodyBytes += u64(max(0, size));
  if (ended) responseEnded(root, exchange);
}

/** The user's answer is complete, with trailers. */
export function responseTrailers(root: Root, exchange: Exchange): void {
  if (!exchange.observed || exchange.reported) return;
  if (exchange.isGrpc) keepTrailers(exchange.answer, HeaderMap.ResponseTrailers);
  responseEnded(root, exchange);
}

/** The user's answer is complete. */
export function responseEnded(root: Root, exchange: Exchange): void {
  if (!exchange.observed || exchange.reported || exchange.answered) return;
  exchange.answered = true;
  if (exchange.isGrpc) endCall(exchange.answer);
  if (!exchange.isStream) exchange.answer.latencyUs = (nowNs() - exchange.startNs) / 1000;
  settle(root, exchange);
}

/** The stream has ended. An answer that is not complete was cut off by the upstream or the client. */
export function streamEnded(root: Root, exchange: Exchange): void {
  if (exchange.observed && !exchange.reported) {
    if (exchange.stage === ShadowStage.Copying) exchange.dropShadow();
    if (!exchange.answered) {
      if (exchange.isStream) leaveStream(exchange);
      else cutOff(root, exchange);
    }
  }
  settle(root, exchange);
}

function cutOff(root: Root, exchange: Exchange): void {
  const failure = failureOfUpstream();
  if (failure === Failure.None) {
    exchange.dropShadow();
    root.drop(exchange.subject.rollout, DropReason.ClientReset);
  }
  exchange.answer.failure = failure === Failure.None ? Failure.Abandoned : failure;
  exchange.answered = true;
  exchange.answer.latencyUs = (nowNs() - exchange.startNs) / 1000;
}

/**
 * A stream that breaks off is reported like one that is passed by: alone, as it began. Events have no mark of their end, so nobody can say
 * by whose will; a call in gRPC has, and has failed when the upstream left it out.
 */
function leaveStream(exchange: Exchange): void {
  exchange.dropShadow();
  if (exchange.isGrpc) exchange.answer.failure = failureOfUpstream();
  exchange.answer.unfinished = true;
  exchange.answered = true;
}

/** What Envoy says went wrong on the way to the variant and back; none when the client ended it. */
function failureOfUpstream(): Failure {
  const details = readProperty(CODE_DETAILS);
  return details > 0 ? failureOfDetails(landed(), details) : Failure.None;
}

/** An answer without an end to wait for is reported as it begins, alone. */
function passStream(root: Root, exchange: Exchange): void {
  root.drop(exchange.subject.rollout, DropReason.Streaming);
  exchange.dropShadow();
  exchange.answered = true;
  exchange.answer.latencyUs = (nowNs() - exchange.startNs) / 1000;
  report(root, exchange);
}

function capture(root: Root, exchange: Exchange, size: i32): void {
  const answer = exchange.answer;
  const bytesMax = unchecked(root.rollouts[exchange.subject.rollout]).config.shadow.bodyBytesMax;
  const wanted = min(size, answer.wanted(bytesMax));
  if (wanted <= 0) return;
  const read = readBuffer(Buffer.ResponseBody, wanted);
  if (read > 0) answer.keep(exchange.budget, landed(), min(read, wanted));
}

function issueCookie(root: Root, exchange: Exchange): void {
  const sticky = unchecked(root.rollouts[exchange.subject.rollout]).config.sticky;
  const size = sticky.issue(exchange.cookieKey, exchange.https, setCookie);
  if (size > 0) addHeader(HeaderMap.ResponseHeaders, SET_COOKIE, setCookie, size);
  exchange.issuesCookie = false;
}
