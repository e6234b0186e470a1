import { CaptureBudget } from "./capture";
import { ShadowConfig } from "./config";
import { DropReason } from "./drops";

/** How many shadows of one rollout may leave: in flight, per second, and bytes held. */
export class ShadowLimits {
  readonly budget: CaptureBudget;
  inFlight: i32 = 0;
  private readonly inFlightMax: i32;
  private readonly perSecondMax: i32;
  /** Shadows that may leave now, in thousandths. */
  private allowance: i64;
  private refilledMs: u64 = 0;

  constructor(config: ShadowConfig) {
    this.budget = new CaptureBudget(config.capturedBytesMax);
    this.inFlightMax = config.inFlightMax;
    this.perSecondMax = config.perSecondMax;
    this.allowance = i64(config.perSecondMax) * 1000;
  }

  /** Why no shadow may leave now; 0 when one may. */
  refusal(nowMs: u64): i32 {
    if (this.inFlight >= this.inFlightMax) return DropReason.ShadowInFlight;
    this.refill(nowMs);
    return this.allowance < 1000 ? DropReason.ShadowRate : 0;
  }

  /** Counts a shadow that leaves. */
  send(): void {
    this.inFlight++;
    this.allowance -= 1000;
  }

  /** Counts a shadow whose answer came, or never will. */
  end(): void {
    this.inFlight--;
  }

  private refill(nowMs: u64): void {
    if (nowMs <= this.refilledMs) return;
    const most = i64(this.perSecondMax) * 1000;
    const elapsedMs = i64(min(nowMs - this.refilledMs, 1000));
    this.allowance = min(most, this.allowance + elapsedMs * i64(this.perSecondMax));
    this.refilledMs = nowMs;
  }
}
