import { PluginConfig, RolloutConfig } from "../policy/config";
import { dropCounter } from "../policy/counters";
import { DropReason } from "../policy/drops";
import { Headers, RequestHead } from "../policy/headers";
import { Outbox } from "../policy/outbox";
import { ShadowLimits } from "../policy/shadowLimits";
import { Traffic } from "../policy/traffic";
import { SidecarStream } from "./sidecarStream";
import { count, trafficOf } from "./world";

/** A rollout of the configuration in force, with what it is to serve and may send now. */
export class ActiveRollout {
  readonly index: i32;
  readonly config: RolloutConfig;
  readonly traffic: Traffic;
  readonly limits: ShadowLimits;

  constructor(index: i32, config: RolloutConfig) {
    this.index = index;
    this.config = config;
    this.traffic = trafficOf(config.name);
    this.limits = new ShadowLimits(config.shadow);
  }
}

/** One plugin configuration in force: a VM has several while one replaces another. */
export class Root {
  readonly id: u32;
  config: PluginConfig | null = null;
  rollouts: ActiveRollout[] = [];
  outbox: Outbox = new Outbox([]);
  stream: SidecarStream = new SidecarStream(new PluginConfig());
  /** Exchanges in use. */
  live: i32 = 0;
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
    this.stream = new SidecarStream(config);
    this.config = config;
  }

  /** The first rollout that a request is about, or null. */
  match(headers: Headers, head: RequestHead): ActiveRollout | null {
    for (let i = 0; i < this.rollouts.length; i++) {
      const rollout = unchecked(this.rollouts[i]);
      if (rollout.config.match.matches(headers, head)) return rollout;
    }
    return null;
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
