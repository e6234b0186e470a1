import { sendHttp } from "../abi/host";
import { Capture } from "../policy/capture";
import { Counter } from "../policy/counters";
import { DropReason } from "../policy/drops";
import { Exchange, ShadowStage } from "../policy/exchange";
import { Variant } from "../policy/split";
import { settle } from "./report";
import { ActiveRollout } from "./rollout";
import { Root } from "./root";
import { abandon } from "./shadow";
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
  const headers = exchange.shadowHeaders;
  const rollout = unchecked(root.rollouts[exchange.subject.rollout]);
  exchange.sentNs = nowNs();
  const refusal =
    root.endsAtMs > 0
      ? i32(DropReason.ShadowRefused)
      : rollout.limits.refusal(exchange.sentNs / 1_000_000);
  const token =
    refusal === 0 && headers !== null
      ? sendCopy(rollout, exchange, exchange.shadowVariant, headers)
      : 0;
  if (token === 0) {
    abandon(root, exchange, (refusal === 0 ? DropReason.ShadowRefused : refusal) as DropReason);
    return;
  }
  keepToken(exchange, token);
  exchange.stage = ShadowStage.Sent;
  sendSecondary(root, rollout, exchange);
  exchange.releaseCopy();
}

function sendSecondary(root: Root, rollout: ActiveRollout, exchange: Exchange): void {
  const headers = exchange.secondaryHeaders;
  if (headers === null) return;
  const refusal = rollout.limits.refusal(exchange.sentNs / 1_000_000);
  const token = refusal === 0 ? sendCopy(rollout, exchange, Variant.Primary, headers) : 0;
  if (token === 0) {
    exchange.dropSecondary();
    root.drop(rollout.index, (refusal === 0 ? DropReason.ShadowRefused : refusal) as DropReason);
    return;
  }
  keepSecondaryToken(exchange, token);
  exchange.secondaryStage = ShadowStage.Sent;
}

/** Sends a copy of the request; returns the token of the call, 0 when the host refused it. */
function sendCopy(
  rollout: ActiveRollout,
  exchange: Exchange,
  variant: Variant,
  headers: Capture,
): u32 {
  const body = exchange.shadowBody;
  const token = sendHttp(
    rollout.config.variant(variant).clusterBytes,
    headers.bytes,
    headers.length,
    body === null ? NOTHING : body.bytes,
    body === null ? 0 : body.length,
    u32(rollout.config.shadow.timeoutMs),
  );
  if (token === 0) return 0;
  rollout.limits.send();
  count(Counter.ShadowsSent);
  return token;
}
