import { Buffer, LogLevel } from "../abi/enums";
import { log, readBuffer, releaseRoot } from "../abi/host";
import { landed } from "../abi/memory";
import { copyBytes } from "../policy/bytes";
import { Counter } from "../policy/counters";
import { ShadowStage } from "../policy/exchange";
import { addLitter, takeLitter } from "../policy/litter";
import { CONFIG_BYTES_MAX, parseConfig } from "../policy/parseConfig";
import { release, reportLate } from "./report";
import { Root, removeRoot, TICK_MS } from "./root";
import { sendShadows } from "./sendShadows";
import {
  count,
  defineCounters,
  exchangeAt,
  exchangeCount,
  flushCounters,
  forgetToken,
  nowNs,
  setClock,
} from "./world";

/** How long a root context whose end Envoy wants may drain. */
const DRAIN_MS: u64 = 10_000;
/** Garbage that is left lying about. */
const LITTER_BYTES_MAX: i32 = 1024 * 1024;

/** Parses a configuration and puts it in force. False refuses it: nothing has changed then. */
export function configure(root: Root, size: i32): bool {
  const read = readBuffer(Buffer.PluginConfiguration, min(size, CONFIG_BYTES_MAX + 1));
  const bytes = new StaticArray<u8>(max(0, read));
  copyBytes(landed(), 0, bytes, 0, bytes.length);
  addLitter(bytes.length * 8);
  const parsed = parseConfig(bytes);
  if (parsed.problems.length > 0) {
    for (let i = 0; i < parsed.problems.length; i++) {
      log(LogLevel.Error, `understudy: ${parsed.problems[i]}`);
    }
    count(Counter.ConfigurationsRefused);
    return false;
  }
  defineCounters();
  giveUp(root);
  root.stream.close();
  root.adopt(parsed.config);
  root.rest();
  return true;
}

/** Sends the copies that wait; the rest is done every `TICK_MS`. */
export function tick(root: Root): void {
  const hurried = root.isHurried;
  const sent = sendShadows(root);
  if (hurried && !sent) root.rest();
  const now = nowNs();
  if (hurried && now < root.turnAtNs) return;
  root.turnAtNs = now + u64(TICK_MS) * 1_000_000;
  turn(root, now);
}

/** Deadlines, the stream to the sidecar, counters, draining. */
function turn(root: Root, now: u64): void {
  setClock();
  reportLate(root, now);
  if (root.config !== null && root.endsAtMs === 0) root.stream.tick(now / 1_000_000);
  root.stream.flush();
  flushCounters();
  if (root.endsAtMs > 0 && (isDrained(root) || now / 1_000_000 >= root.endsAtMs)) {
    finish(root);
    releaseRoot(root.id);
  }
}

/** Whether garbage is to be collected now; only to be done when no other code is under way. */
export function wantsCollection(): bool {
  return takeLitter(LITTER_BYTES_MAX);
}

/** Envoy wants a root context to end. False asks it to wait until everything has come in. */
export function end(root: Root): bool {
  sendShadows(root);
  root.stream.flush();
  if (isDrained(root)) {
    finish(root);
    return true;
  }
  if (root.endsAtMs === 0) root.endsAtMs = nowNs() / 1_000_000 + DRAIN_MS;
  return false;
}

function isDrained(root: Root): bool {
  if (root.live > 0) return false;
  return root.stream.token === 0 || root.stream.settled();
}

function finish(root: Root): void {
  giveUp(root);
  root.stream.close();
  flushCounters();
  removeRoot(root.id);
}

/** Forgets all that is under way in a root context; answers still to come are ignored. */
function giveUp(root: Root): void {
  root.waiting.length = 0;
  for (let i = 0; i < exchangeCount(); i++) {
    const exchange = exchangeAt(i);
    if (exchange.root !== root.id) continue;
    if (exchange.token !== 0) forgetToken(exchange, exchange.token);
    if (exchange.secondaryToken !== 0) forgetToken(exchange, exchange.secondaryToken);
    exchange.observed = false;
    exchange.issuesCookie = false;
    exchange.clear();
    exchange.stage = ShadowStage.None;
    exchange.secondaryStage = ShadowStage.None;
    if (exchange.context === 0) release(root, exchange);
  }
  addLitter(root.outbox.heldBytes);
}
