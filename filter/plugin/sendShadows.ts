import { sendHttp } from "../abi/host";
import { Capture } from "../policy/capture";
import { Counter } from "../policy/counters";
import { DropReason } from "../policy/drops";
import { Exchange, ShadowStage } from "../policy/exchange";
import { Variant } from "../policy/split";
import { settle } from "./report";
import { ActiveRollout } from "./rollout";
import { Root } from "./root";
import { count, keepSecondaryToken, keepToken, nowNs } from "./world";

const NOTHING = new StaticArray<u8>(0);

/** Sends the copies that wait, in the order in which their requests ended. Whether any did. */
export function sendShadows(root: Root): bool {
  const waiting = root.waiting;
  if (waiting.length === 0) return false;
  for (let i = 0; i < waiting.length; i++) {
    const exchange = unchecked(waiting[i]);
    // One that was given up may be about another request by now, which waits itself.
    if (exchange.root !== root.id || exchange.stage !== ShadowStage.Waiting) continue;
    sendShadow(root, exchange);
    if (exchange.stage !== ShadowStage.Sent) settle(root, exchange);
  }
  waiting.length = 0;
  return true;
}

function sendShadow(root: Root, exchange: Exchange): void {
  exchange.sentNs = nowNs();
  const token = sendCopy(root, exchange, exchange.shadowVariant, exchange.shadowHeaders);
  if (token === 0) {
    exchange.dropShadow();
    return;
  }
  keepToken(exchange, token);
  exchange.stage = ShadowStage.Sent;
  sendSecondary(root, exchange);
  exchange.releaseCopy();
}

function sendSecondary(root: Root, exchange: Exchange): void {
  if (exchange.secondaryHeaders === null) return;
  const token = sendCopy(root, exchange, Variant.Primary, exchange.secondaryHeaders);
  if (token === 0) {
    exchange.dropSecondary();
    return;
  }
  keepSecondaryToken(exchange, token);
  exchange.secondaryStage = ShadowStage.Sent;
}

/** Sends a copy of the request, if the limits allow; returns the token of the call, 0 when it did not leave, which is counted. */
function sendCopy(root: Root, exchange: Exchange, variant: Variant, headers: Capture | null): u32 {
  const rollout = unchecked(root.rollouts[exchange.subject.rollout]);
  const refusal =
    root.endsAtMs > 0 || headers === null
      ? i32(DropReason.ShadowRefused)
      : rollout.limits.refusal(exchange.sentNs / 1_000_000);
  const token = refusal === 0 ? call(rollout, exchange, variant, headers as Capture) : 0;
  if (token === 0) {
    root.drop(rollout.index, (refusal === 0 ? DropReason.ShadowRefused : refusal) as DropReason);
    return 0;
  }
  rollout.limits.send();
  count(Counter.ShadowsSent);
  return token;
}

function call(rollout: ActiveRollout, exchange: Exchange, variant: Variant, headers: Capture): u32 {
  const body = exchange.shadowBody;
  return sendHttp(
    rollout.config.variant(variant).clusterBytes,
    headers.bytes,
    headers.length,
    body === null ? NOTHING : body.bytes,
    body === null ? 0 : body.length,
    u32(rollout.config.shadow.timeoutMs),
  );
}
