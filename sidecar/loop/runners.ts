import { emptyEvidence } from "../core/evidence/evidence.ts";
import type { Plan } from "../core/plan/plan.ts";
import { type Command, refusal } from "../core/rollout/command.ts";
import { decide } from "../core/rollout/decide.ts";
import type { RolloutEvent } from "../core/rollout/event.ts";
import { evolve } from "../core/rollout/evolve.ts";
import type { Now } from "../core/rollout/hold.ts";
import { start } from "../core/rollout/start.ts";
import { targetOf } from "../core/target.ts";
import { type Conditions, RequestError, type RolloutView, type StoredRollout } from "../ports.ts";
import { checkRevision, isDeleted, isRepeated, startedBefore, unconfirmed } from "./admission.ts";
import { CheckLog } from "./checkLog.ts";
import { Delivery, type DeliveryParts } from "./delivery.ts";
import { EventClock } from "./eventClock.ts";
import type { MakeExaminer } from "./examiner.ts";
import { Outlook, type OutlookParts } from "./outlook.ts";
import { type Delivered, Runner, type RunnerParts } from "./runner.ts";
import { Saves } from "./saves.ts";
import type { StoreKeeper } from "./storeKeeper.ts";

/** What the runners need of their surroundings. */
export type RunnersParts = DeliveryParts &
  OutlookParts & {
    readonly keeper: StoreKeeper;
    readonly makeExaminer: MakeExaminer;
    readonly note: RunnerParts["note"];
    readonly rolloutsMax: number;
  };

/** All rollouts in memory. A runner is here, and its state moves, only after the store has confirmed it. */
export class Runners {
  readonly #parts: RunnersParts;
  readonly #byName = new Map<string, Runner>();
  readonly #deliveries = new Map<string, Delivery>();
  readonly #saves = new WeakMap<Runner, Saves>();
  readonly #checks: CheckLog;
  readonly #outlook: Outlook;
  readonly #clock: EventClock;

  constructor(parts: RunnersParts) {
    this.#parts = parts;
    this.#checks = new CheckLog(parts);
    this.#outlook = new Outlook(parts);
    this.#clock = new EventClock(parts.clock);
  }

  get(name: string): Runner | undefined {
    return this.#byName.get(name);
  }

  all(): readonly Runner[] {
    return [...this.#byName.values()];
  }

  /** Takes over what the store holds; evidence already counted here goes on counting. */
  adoptAll(stored: ReadonlyMap<string, StoredRollout>): void {
    for (const rollout of stored.values()) {
      const runner = this.#byName.get(rollout.plan.name);
      if (runner?.continues(rollout)) {
        runner.adopt(rollout.state);
      } else {
        this.#byName.set(rollout.plan.name, this.#runnerOf(rollout));
      }
    }
  }

  /** Decides what the evidence asks for, if anything, and saves it; evidence alone is saved now and then. */
  async step(runner: Runner): Promise<void> {
    if (isDeleted(runner)) {
      return;
    }
    runner.look(this.#parts.clock.wallMs());
    if (runner.watcher.hasEvents) {
      await this.#save(runner);
    }
    const { plan, state, verdict, watcher } = runner;
    this.#checks.note({ plan, state, verdict, watched: watcher.shown });
    const event = this.#decide(runner);
    if (event !== undefined) {
      await this.#save(runner, event);
    } else if (this.#savesOf(runner).isDue) {
      await this.#save(runner);
    }
  }

  /** Starts the plan's rollout, and returns its runner. Rejects with RequestError. */
  async start(wish: {
    readonly plan: Plan;
    readonly by: string;
    readonly only: Conditions;
    readonly generationInForce: number;
  }): Promise<Runner> {
    const { plan, by, generationInForce } = wish;
    const before = startedBefore(wish, this.#byName, this.#parts.rolloutsMax);
    if (before !== undefined) {
      return before;
    }
    this.#outlook.check(plan);
    const previous = this.#byName.get(plan.name)?.state;
    const nowMs = this.#clock.nextMs(previous?.updatedAtMs);
    const evidence = emptyEvidence(plan);
    const event = start(plan, {
      nowMs,
      by,
      ...{ key: wish.only.key, reason: wish.only.reason },
      evidence,
      previous,
      generationInForce,
    });
    const state = evolve(previous, event);
    const runner = this.#runnerOf({ plan, state, evidence: [] });
    await this.#save(runner, event);
    return this.#byName.get(plan.name) === runner ? runner : unconfirmed();
  }

  /** Does what was asked for, unless the state forbids it. Rejects with RequestError. */
  async command(wish: {
    readonly name: string;
    readonly command: Command;
    readonly revision: number | undefined;
  }): Promise<Runner> {
    const { name, command, revision } = wish;
    const runner = this.#byName.get(name);
    if (runner !== undefined && isRepeated(name, runner.state, command)) {
      return runner;
    }
    if (runner === undefined || isDeleted(runner)) {
      throw new RequestError("unknown", `no rollout is named ${name}`);
    }
    await this.step(runner);
    checkRevision(name, runner.state, revision);
    const reason = refusal(runner.plan, runner.state, command, this.#now(runner));
    if (reason !== undefined) {
      throw new RequestError("refused", `${name}: ${reason}`);
    }
    const event = this.#decide(runner, command);
    if (event !== undefined && !(await this.#save(runner, event))) {
      return unconfirmed();
    }
    return runner;
  }

  /** Has the rollout's traffic delivered; returns what is known of that. */
  deliver(runner: Runner): Delivered {
    const { name } = runner.plan;
    const delivery = this.#deliveries.get(name) ?? new Delivery(name, this.#parts);
    this.#deliveries.set(name, delivery);
    delivery.want({ target: targetOf(runner.plan), traffic: runner.traffic });
    return delivery;
  }

  /** What people see of a rollout, whose traffic is delivered. */
  view(runner: Runner): RolloutView {
    return { ...runner.view(this.deliver(runner)), ...this.#outlook.shown(runner) };
  }

  /** What is in force for the name may have changed. */
  recheck(name: string): void {
    this.#deliveries.get(name)?.recheck();
  }

  /** Resolves when no attempt of an actuator, and no question to others, is under way. */
  async settled(): Promise<void> {
    const busy = [this.#outlook, ...this.#deliveries.values()];
    await Promise.all(busy.map((one) => one.settled()));
  }

  /** Saves what evidence there is, and applies nothing any more. */
  async stop(): Promise<void> {
    for (const delivery of this.#deliveries.values()) {
      delivery.stop();
    }
    await this.#outlook.stop();
    for (const runner of this.all()) {
      if (this.#savesOf(runner).isBehind) {
        await this.#save(runner, undefined, true);
      }
    }
  }

  #decide(runner: Runner, command?: Command): RolloutEvent | undefined {
    const { plan, state } = runner;
    const generationInForce = this.#deliveries.get(plan.name)?.generation ?? 0;
    const now = this.#now(runner);
    const gate = this.#outlook.answer({ plan, state, now });
    return decide(plan, state, { ...now, gate, generationInForce, command });
  }

  #now({ plan, state, evidence, verdict }: Runner): Now {
    const unready = this.#outlook.unready({ plan, state });
    return { nowMs: this.#clock.nextMs(state.updatedAtMs), evidence, verdict, unready };
  }

  /**
   * Saves what was counted and, when that is due or explains an event, what is watched: with the anomalies that follow from it, so that neither is
   * ever without the other, and with what was decided. Nothing while it is not known what the store has.
   */
  async #save(runner: Runner, decided?: RolloutEvent, isLast = false): Promise<boolean> {
    const { keeper } = this.#parts;
    if (keeper.isDoubtful) {
      return false;
    }
    const rollout = runner.plan.name;
    const atMs = decided?.atMs ?? this.#clock.nextMs(runner.state.updatedAtMs);
    const anomalies = runner.watcher.offer().map((event) => ({ ...event, atMs }));
    const events = [...anomalies, ...(decided === undefined ? [] : [decided])];
    const isStart = decided?.kind === "started";
    const state = isStart ? runner.state : events.reduce(evolve, runner.state);
    const saves = this.#savesOf(runner);
    const watch = saves.watch(events.length > 0 || isLast);
    const evidence = runner.snapshot;
    if (!(await keeper.save({ rollout, state, events, evidence, ...(watch && { watch }) }))) {
      return false;
    }
    saves.done();
    if (events.length > 0) {
      if (isStart) {
        this.#byName.set(rollout, runner);
      } else {
        runner.adopt(state);
      }
      this.deliver(runner);
      this.#tell(runner, events);
    }
    return true;
  }

  #tell(runner: Runner, events: readonly RolloutEvent[]): void {
    const { log, metrics } = this.#parts;
    const rollout = runner.plan.name;
    const { revision, stepIndex: step } = runner.state;
    for (const { kind, reason } of events) {
      metrics.decisions.inc({ rollout, kind });
      log.info({ rollout, kind, reason, revision, step, ...runner.traffic }, "decided");
    }
  }

  #savesOf(runner: Runner): Saves {
    const saves = this.#saves.get(runner) ?? new Saves(runner, this.#parts.clock);
    this.#saves.set(runner, saves);
    return saves;
  }

  #runnerOf(rollout: StoredRollout): Runner {
    const { clock, makeExaminer, note } = this.#parts;
    return new Runner(rollout, { wallMs: clock.wallMs(), makeExaminer, note });
  }
}
