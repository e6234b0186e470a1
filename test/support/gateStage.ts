import type { Plan } from "../../sidecar/core/plan/plan.ts";
import type { Gates } from "../../sidecar/core/plan/step.ts";
import type { RolloutView } from "../../sidecar/ports.ts";
import { FakeHook } from "./fakeHook.ts";
import { LoopHarness, quickPlan } from "./loopHarness.ts";

/** The quick plan with these gates around its first step. */
export function planWithGates(gates: Partial<Gates>): Plan {
  const [first, ...others] = quickPlan.steps;
  const gated = first && { ...first, gates: { before: [], after: [], ...gates } };
  return { ...quickPlan, steps: gated === undefined ? [] : [gated, ...others] };
}

/** A loop whose hook `smoke` is in the hands of a test. */
export class GateStage {
  readonly hook: FakeHook;
  readonly harness: LoopHarness;

  constructor(hook: FakeHook = new FakeHook()) {
    this.hook = hook;
    this.harness = new LoopHarness({ hooks: new Map([["smoke", hook]]) });
  }

  /** Turns that take no time, so that what was answered is taken. */
  async settle(): Promise<RolloutView | undefined> {
    for (let turns = 0; turns < 4; turns += 1) {
      await this.harness.turn(1);
    }
    return this.harness.loop.get("test");
  }

  /** Starts with the gate after the first step, and sees requests until it is asked. */
  async untilAsked(): Promise<void> {
    await this.harness.start(planWithGates({ after: ["smoke"] }));
    await this.harness.turnUntil(() => this.hook.asked.length > 0);
  }

  /** What a person asks for, done within a turn. */
  async command(kind: "pause" | "resume" | "rollback" | "promote"): Promise<RolloutView> {
    const command = { kind, by: "anna", reason: "" };
    const done = this.harness.loop.command("test", command, undefined);
    await this.harness.loop.turn();
    return await done;
  }

  /** Kinds of the rollout's events. */
  async kinds(): Promise<readonly string[]> {
    return (await this.harness.store.events("test")).map(({ kind }) => kind);
  }
}
