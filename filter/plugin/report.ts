import { Failure } from "../policy/answer";
import { Counter } from "../policy/counters";
import { DropReason } from "../policy/drops";
import { Exchange, ShadowStage } from "../policy/exchange";
import {
  answerSize,
  ObservationField,
  observationSize,
  writePart,
  writeSubject,
} from "../policy/observation";
import { fieldSize, WireWriter } from "../policy/wire";
import { fitBodies } from "./fit";
import { Root } from "./root";
import { closeExchange, count, exchangeAt, exchangeCount } from "./world";

/** Field of `Batch` that holds its observations. */
const OBSERVATIONS: i32 = 2;

const writer = new WireWriter();

/**
 * Queues what is known of an exchange for the sidecar, once. Host calls may speak for the root
 * context afterwards, so this comes last in a callback.
 */
export function report(root: Root, exchange: Exchange): void {
  if (exchange.reported || !exchange.observed) return;
  exchange.reported = true;
  fitBodies(exchange);
  const paired = exchange.stage === ShadowStage.Answered;
  const answer = answerSize(exchange.answer);
  const shadow = paired ? answerSize(exchange.shadow) : -1;
  const tripled = paired && exchange.secondaryStage === ShadowStage.Answered;
  const secondary = tripled ? answerSize(exchange.secondary) : -1;
  const request = exchange.isCaptured ? answerSize(exchange.request) : -1;
  const size = observationSize(exchange.subject, answer, shadow, secondary, request);
  if (root.outbox.open(writer, fieldSize(size))) {
    writer.head(OBSERVATIONS, size);
    writeSubject(writer, exchange.subject);
    writePart(writer, ObservationField.Answer, answer, exchange.answer);
    writePart(writer, ObservationField.Shadow, shadow, exchange.shadow);
    writePart(writer, ObservationField.Secondary, secondary, exchange.secondary);
    writePart(writer, ObservationField.Request, request, exchange.request);
    if (paired) count(Counter.Pairs);
    count(Counter.Observations);
  } else root.drop(exchange.subject.rollout, reasonOfLoss(root));
  exchange.clear();
  if (root.outbox.isFull) root.stream.flush();
}

/** Reports what is complete; frees the exchange when nothing more will happen to it. */
export function settle(root: Root, exchange: Exchange): void {
  const over = exchange.isOver;
  if (exchange.observed && !exchange.reported && exchange.isComplete) report(root, exchange);
  if (over) release(root, exchange);
}

/** Frees an exchange. */
export function release(root: Root, exchange: Exchange): void {
  root.live--;
  closeExchange(exchange);
}

/** Reports every exchange whose deadline has passed: what is missing by then has timed out. */
export function reportLate(root: Root, nowNs: u64): void {
  for (let i = 0; i < exchangeCount(); i++) {
    const exchange = exchangeAt(i);
    if (exchange.root !== root.id || !exchange.observed || exchange.reported) continue;
    if (exchange.deadlineNs > nowNs) continue;
    if (!exchange.answered) timeOutAnswer(root, exchange, nowNs);
    else timeOutShadow(exchange, nowNs);
    report(root, exchange);
  }
}

function timeOutAnswer(root: Root, exchange: Exchange, nowNs: u64): void {
  if (exchange.isStream) {
    // It has answered, and goes on: a pair as far as it came, if the copy has been answered.
    exchange.answer.unfinished = true;
    if (exchange.stage !== ShadowStage.Answered) exchange.dropShadow();
    return;
  }
  exchange.answer.failure = Failure.Timeout;
  exchange.answer.latencyUs = (nowNs - exchange.startNs) / 1000;
  // Declared unary, and still sending.
  if (exchange.isGrpc && exchange.stage === ShadowStage.Copying) {
    root.drop(exchange.subject.rollout, DropReason.Streaming);
  }
  if (exchange.stage !== ShadowStage.Answered) exchange.dropShadow();
  count(Counter.RequestsTimedOut);
}

function timeOutShadow(exchange: Exchange, nowNs: u64): void {
  if (exchange.secondaryStage === ShadowStage.Sent) {
    exchange.secondary.failure = Failure.Timeout;
    exchange.secondary.latencyUs = (nowNs - exchange.sentNs) / 1000;
    exchange.secondaryStage = ShadowStage.Answered;
  }
  if (exchange.stage === ShadowStage.Answered) return;
  if (exchange.stage !== ShadowStage.Sent) {
    exchange.dropShadow();
    return;
  }
  exchange.shadow.failure = Failure.Timeout;
  exchange.shadow.latencyUs = (nowNs - exchange.sentNs) / 1000;
  exchange.stage = ShadowStage.Answered;
}

function reasonOfLoss(root: Root): DropReason {
  if (!root.stream.greeted) return DropReason.NoSidecar;
  return root.stream.credit < 64 * 1024 ? DropReason.NoCredit : DropReason.QueueFull;
}
