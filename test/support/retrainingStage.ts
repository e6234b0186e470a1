import { emptyEvidence } from "../../sidecar/core/evidence/evidence.ts";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import type { RolloutEvent } from "../../sidecar/core/rollout/event.ts";
import { evolve } from "../../sidecar/core/rollout/evolve.ts";
import type { RolloutState } from "../../sidecar/core/rollout/state.ts";
import { createMetrics, type Metrics } from "../../sidecar/metrics.ts";
import type { Journal } from "../../sidecar/ports/journal.ts";
import { type Store, StoreError } from "../../sidecar/ports.ts";
import { RetrainingKeeper } from "../../sidecar/retraining/keeper.ts";
import { createMemoryStore } from "../../sidecar/stores/memory.ts";
import { type ManualClock, manualClock } from "./clock.ts";
import { errorRate, planWith } from "./evidence.ts";
import { FakeHook } from "./fakeHook.ts";

/** How long the stage's plan cools down. */
export const COOL_DOWN_MS = 3_600_000;

/** A rollout "test" that is promoted, its log, and a hook that is told when it should be trained again. */
export class RetrainingStage {
  readonly plan: Plan = {
    ...planWith([errorRate]),
    model: "risk",
    retraining: { trigger: "retrain", on: ["drift"], coolDownMs: COOL_DOWN_MS },
  };
  readonly store: Store & Journal = createMemoryStore();
  readonly clock: ManualClock = manualClock();
  readonly metrics: Metrics = createMetrics();
  readonly hook: FakeHook = new FakeHook();
  readonly logged: { readonly message: string; readonly fields: object }[] = [];
  isJournalAway = false;
  #state: RolloutState | undefined;

  /** Begins with a promoted rollout, and the keeper of a first life. */
  static async begin(): Promise<{ stage: RetrainingStage; keeper: RetrainingKeeper }> {
    const stage = new RetrainingStage();
    const { plan } = stage;
    await stage.happens({ kind: "started", plan, generation: 1, ...stage.#common() });
    await stage.happens({ kind: "promoted", generation: 2, ...stage.#common() });
    return { stage, keeper: await stage.live() };
  }

  /** A keeper of another life of the process. */
  async live(): Promise<RetrainingKeeper> {
    const note = (fields: object, message: string): void => {
      this.logged.push({ message, fields });
    };
    const keeper = new RetrainingKeeper({
      journal: this.#journal(),
      hooks: new Map([["retrain", this.hook]]),
      views: () => [],
      clock: this.clock,
      random: () => 0.5,
      log: { info: note, warn: note, error: note },
      metrics: this.metrics,
    });
    await keeper.open();
    return keeper;
  }

  async raise(anomaly: string): Promise<void> {
    const atMs = this.clock.wallMs();
    await this.happens({ kind: "anomaly-raised", atMs, anomaly, reason: `${anomaly} is odd` });
  }

  async resolve(anomaly: string): Promise<void> {
    const atMs = this.clock.wallMs();
    await this.happens({ kind: "anomaly-resolved", atMs, anomaly, reason: "it is over" });
  }

  /** Another rollout of the name begins, as when a new version is registered. */
  async startAnother(): Promise<void> {
    const generation = (this.#state?.generation ?? 0) + 1;
    await this.happens({ kind: "started", plan: this.plan, generation, ...this.#common() });
  }

  /** Time passes, the keeper looks, and whoever is told answers. */
  async look(keeper: RetrainingKeeper, passedMs = 0): Promise<void> {
    this.clock.advance(passedMs);
    await keeper.look();
    await keeper.settled();
    await keeper.look();
  }

  async happens(event: RolloutEvent): Promise<void> {
    this.#state = evolve(this.#state, event);
    const evidence = { source: "test", epoch: 1, evidence: emptyEvidence(this.plan) };
    await this.store.save({ rollout: "test", state: this.#state, events: [event], evidence });
  }

  #common() {
    const evidence = emptyEvidence(this.plan);
    const cause = { kind: "command", by: "test" } as const;
    return { atMs: this.clock.wallMs(), reason: "so it is", cause, evidence };
  }

  #journal(): Journal {
    const { store } = this;
    const tried = async <T>(work: () => Promise<T>): Promise<T> => {
      if (this.isJournalAway) {
        throw new StoreError("unavailable", "simulated");
      }
      return await work();
    };
    return {
      head: () => tried(() => store.head()),
      after: (sequence, max) => tried(() => store.after(sequence, max)),
      cursors: (reader) => tried(() => store.cursors(reader)),
      saveCursors: (reader, cursors) => tried(() => store.saveCursors(reader, cursors)),
    };
  }
}
