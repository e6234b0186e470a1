import { Clock } from "../abi/enums";
import { addToCounter, defineCounter, now, readShared, sharedSize, writeShared } from "../abi/host";
import { landed } from "../abi/memory";
import { utf8 } from "../policy/bytes";
import { RolloutConfig } from "../policy/config";
import { COUNTERS, Counter, counterName } from "../policy/counters";
import { Exchange } from "../policy/exchange";
import { SlotTable } from "../policy/slotTable";
import { decodeShared, encodeShared, Traffic } from "../policy/traffic";

/** What all root contexts of a VM share. */

const counts = new StaticArray<u64>(COUNTERS);
const counterIds = new StaticArray<u32>(COUNTERS);

/** Counts something; Envoy hears of it on the next tick. */
export function count(counter: i32): void {
  unchecked(counts[counter]++);
}

/** Makes Envoy's counters, once. */
export function defineCounters(): void {
  if (counterIds[Counter.RequestsPrimary] !== 0) return;
  for (let i = 0; i < COUNTERS; i++) counterIds[i] = defineCounter(utf8(counterName(i)));
}

/** Adds what was counted since the last call to Envoy's counters. */
export function flushCounters(): void {
  for (let i = 0; i < COUNTERS; i++) {
    const pending = unchecked(counts[i]);
    if (pending === 0 || unchecked(counterIds[i]) === 0) continue;
    addToCounter(unchecked(counterIds[i]), pending);
    counts[i] = 0;
  }
}

/** Nanoseconds of a clock that never goes back. */
export function nowNs(): u64 {
  return now(Clock.Monotonic);
}

let unixOffsetNs: u64 = 0;

/** Looks at the wall clock; between two looks time goes on by the monotonic one. */
export function setClock(): void {
  unixOffsetNs = now(Clock.Realtime) - nowNs();
}

/** Unix time in milliseconds of an instant of the monotonic clock. */
export function unixMs(ns: u64): u64 {
  if (unixOffsetNs === 0) setClock();
  return (ns + unixOffsetNs) / 1_000_000;
}

const exchanges: Exchange[] = [];
const idle: Exchange[] = [];
const byContext = new SlotTable();
const byToken = new SlotTable();

/** An exchange for a stream that begins. */
export function openExchange(root: u32, context: u32): Exchange {
  if (idle.length === 0) {
    const made = new Exchange(exchanges.length + 1);
    exchanges.push(made);
    idle.push(made);
  }
  const exchange = idle.pop();
  exchange.begin(root, context);
  byContext.set(context, exchange.slot);
  latest = exchange;
  return exchange;
}

/** The exchange that was asked for last: a stream's callbacks come in runs. */
let latest: Exchange | null = null;

/** The exchange of a stream, or null for a context that is not known. */
export function exchangeOf(context: u32): Exchange | null {
  const known = latest;
  if (known !== null && known.context === context && context !== 0) return known;
  const slot = byContext.get(context);
  if (slot === 0) return null;
  latest = unchecked(exchanges[slot - 1]);
  return latest;
}

/** The exchange whose copy has this token, or null. */
export function exchangeOfToken(token: u32): Exchange | null {
  const slot = byToken.get(token);
  return slot === 0 ? null : unchecked(exchanges[slot - 1]);
}

/** Notes that a copy was sent. */
export function keepToken(exchange: Exchange, token: u32): void {
  exchange.token = token;
  byToken.set(token, exchange.slot);
}

/** Notes that the second copy was sent. */
export function keepSecondaryToken(exchange: Exchange, token: u32): void {
  exchange.secondaryToken = token;
  byToken.set(token, exchange.slot);
}

/** Notes that no answer to the call is to come. */
export function forgetToken(exchange: Exchange, token: u32): void {
  byToken.remove(token);
  if (exchange.token === token) exchange.token = 0;
  else exchange.secondaryToken = 0;
}

/** Notes that the stream has ended. */
export function forgetContext(exchange: Exchange): void {
  byContext.remove(exchange.context);
  exchange.context = 0;
}

/** Puts an exchange back into the pool. */
export function closeExchange(exchange: Exchange): void {
  exchange.clear();
  exchange.root = 0;
  idle.push(exchange);
}

/** Exchanges ever made; those in use have a root. */
export function exchangeCount(): i32 {
  return exchanges.length;
}

/** One of the exchanges ever made. */
export function exchangeAt(i: i32): Exchange {
  return unchecked(exchanges[i]);
}

const traffics = new Map<string, Traffic>();

/**
 * The traffic of a rollout between two versions, the same for every configuration in this VM. A configuration with other
 * versions begins anew: a weight that one candidate has earned is not another's.
 */
export function trafficOf(config: RolloutConfig): Traffic {
  const key = keyOf(config);
  if (!traffics.has(key)) traffics.set(key, new Traffic());
  const traffic = traffics.get(key);
  readTraffic(key, traffic);
  return traffic;
}

/** Takes over what another worker, or a VM before this one, knew last. */
function readTraffic(key: string, traffic: Traffic): void {
  if (readShared(utf8(key)) === 0) return;
  const shared = new Traffic();
  if (!decodeShared(landed(), sharedSize(), shared)) return;
  if (!traffic.known || shared.generation > traffic.generation) traffic.set(shared);
}

/** Leaves the traffic for other workers and VMs, unless they know later one. */
export function shareTraffic(config: RolloutConfig, traffic: Traffic): void {
  const key = utf8(keyOf(config));
  const shared = new Traffic();
  for (let attempt = 0; attempt < 4; attempt++) {
    const cas = readShared(key);
    const readable = cas !== 0 && decodeShared(landed(), sharedSize(), shared);
    if (readable && shared.generation >= traffic.generation) return;
    if (writeShared(key, encodeShared(traffic), cas)) return;
  }
}

/** Names and versions have no spaces. */
function keyOf(config: RolloutConfig): string {
  return `understudy.traffic.${config.name} ${config.primary.version} ${config.candidate.version}`;
}
