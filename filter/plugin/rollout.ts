import { RolloutConfig } from "../policy/config";
import { ShadowLimits } from "../policy/shadowLimits";
import { ALL_BP } from "../policy/split";
import { Traffic } from "../policy/traffic";
import { trafficOf } from "./world";

/** A rollout of the configuration in force, with what it is to serve and may send now. */
export class ActiveRollout {
  readonly index: i32;
  readonly config: RolloutConfig;
  readonly traffic: Traffic;
  readonly limits: ShadowLimits;
  /** How much of a request is due to be captured, in basis points. */
  private captureDue: u32 = 0;

  constructor(index: i32, config: RolloutConfig) {
    this.index = index;
    this.config = config;
    this.traffic = trafficOf(config);
    this.limits = new ShadowLimits(config.shadow);
  }

  /** Whether the next request is captured: as many as the traffic asks for, spread evenly over those that come. */
  captures(): bool {
    const due = this.captureDue + this.traffic.captureBp;
    const isDue = due >= ALL_BP;
    this.captureDue = isDue ? due - ALL_BP : due;
    return isDue;
  }

  /** When a request that begins now and gets no answer has failed: what the plan says, else the configuration. */
  get requestTimeoutMs(): u32 {
    const planned = this.traffic.requestTimeoutMs;
    return planned > 0 ? planned : u32(this.config.requestTimeoutMs);
  }
}
