import { setTickPeriod, speakFor } from "../abi/host";
import { PluginConfig } from "../policy/config";
import { dropCounter } from "../policy/counters";
import { DropReason } from "../policy/drops";
import { Exchange } from "../policy/exchange";
import { Headers, RequestHead } from "../policy/headers";
import { Outbox } from "../policy/outbox";
import { ActiveRollout } from "./rollout";
import { SidecarStream } from "./sidecarStream";
import { count } from "./world";

/** How often a root context ticks. */
export const TICK_MS: u32 = 50;
/** How long a copy waits while users' requests leave. Envoy's timers know no less. */
const HURRY_MS: u32 = 1;

/** One plugin configuration in force: a VM has several while one replaces another. */
export class Root {
  readonly id: u32;
  config: PluginConfig | null = null;
  rollouts: ActiveRollout[] = [];
  outbox: Outbox = new Outbox([]);
  stream: SidecarStream = new SidecarStream(0, new PluginConfig(), [], new Outbox([]));
  /** Exchanges in use. */
  live: i32 = 0;
  /** Those whose copy is to be sent at the next tick, at most as many as their budgets hold; some may have been given up since. */
  readonly waiting: Exchange[] = [];
  /** Whether it ticks often, for what waits. */
  isHurried: bool = false;
  /** When it is time for all else that a tick does. */
  turnAtNs: u64 = 0;
  /** Set once Envoy wants the context to end; it ends when drained, or at this time. */
  endsAtMs: u64 = 0;

  constructor(id: u32) {
    this.id = id;
  }

  /** Whether a request marked as a shadow is believed to be one. */
  get trustsShadow(): bool {
    const config = this.config;
    return config !== null && config.trustShadow;
  }

  /** Puts a valid configuration in force. */
  adopt(config: PluginConfig): void {
    const names: string[] = [];
    this.rollouts = [];
    for (let i = 0; i < config.rollouts.length; i++) {
      names.push(config.rollouts[i].name);
      this.rollouts.push(new ActiveRollout(i, config.rollouts[i]));
    }
    this.outbox = new Outbox(names);
    this.stream = new SidecarStream(this.id, config, this.rollouts, this.outbox);
    this.config = config;
  }

  /** The first rollout whose test route a request comes by, or null. */
  matchTest(headers: Headers, head: RequestHead): ActiveRollout | null {
    for (let i = 0; i < this.rollouts.length; i++) {
      const rollout = unchecked(this.rollouts[i]);
      if (rollout.config.isTest(headers, head)) return rollout;
    }
    return null;
  }

  /** The first rollout that a request is about, or null. */
  match(headers: Headers, head: RequestHead): ActiveRollout | null {
    for (let i = 0; i < this.rollouts.length; i++) {
      const rollout = unchecked(this.rollouts[i]);
      if (rollout.config.match.matches(headers, head)) return rollout;
    }
    return null;
  }

  /** Has it tick soon. Host calls speak for the root afterwards. */
  hurry(): void {
    if (this.isHurried) return;
    this.isHurried = true;
    speakFor(this.id);
    setTickPeriod(HURRY_MS);
  }

  /** Has it tick at its usual pace. */
  rest(): void {
    this.isHurried = false;
    setTickPeriod(TICK_MS);
  }

  /** Counts a drop, for Envoy and for the sidecar. */
  drop(rollout: i32, reason: DropReason): void {
    count(dropCounter(reason));
    this.outbox.drop(rollout, reason);
  }
}

const roots: Root[] = [];

/** The root context of an id, or null. */
export function rootOf(id: u32): Root | null {
  for (let i = 0; i < roots.length; i++) {
    const root = unchecked(roots[i]);
    if (root.id === id) return root;
  }
  return null;
}

/** The root context of an exchange, or null. */
export function rootOfExchange(exchange: Exchange | null): Root | null {
  return exchange === null ? null : rootOf(exchange.root);
}

/** Makes a root context known. */
export function addRoot(id: u32): void {
  if (rootOf(id) === null) roots.push(new Root(id));
}

/** Forgets a root context. */
export function removeRoot(id: u32): void {
  for (let i = 0; i < roots.length; i++) {
    if (roots[i].id === id) {
      roots.splice(i, 1);
      return;
    }
  }
}
