import { RolloutConfig } from "../policy/config";
import { ShadowLimits } from "../policy/shadowLimits";
import { Traffic } from "../policy/traffic";
import { trafficOf } from "./world";

/** A rollout of the configuration in force, with what it is to serve and may send now. */
export class ActiveRollout {
  readonly index: i32;
  readonly config: RolloutConfig;
  readonly traffic: Traffic;
  readonly limits: ShadowLimits;

  constructor(index: i32, config: RolloutConfig) {
    this.index = index;
    this.config = config;
    this.traffic = trafficOf(config);
    this.limits = new ShadowLimits(config.shadow);
  }

  /** When a request that begins now and gets no answer has failed: what the plan says, else the configuration. */
  get requestTimeoutMs(): u32 {
    const planned = this.traffic.requestTimeoutMs;
    return planned > 0 ? planned : u32(this.config.requestTimeoutMs);
  }
}
