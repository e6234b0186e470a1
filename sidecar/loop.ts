import type { Plan } from "./core/plan/plan.ts";
import type { Command } from "./core/rollout/command.ts";
import type { Limits } from "./limits.ts";
import { Alarm } from "./loop/alarm.ts";
import { BatchCounter } from "./loop/batchCounter.ts";
import type { DeliveryParts } from "./loop/delivery.ts";
import type { MakeExaminer } from "./loop/examiner.ts";
import { lookForGeneration } from "./loop/generation.ts";
import { readHistory } from "./loop/history.ts";
import { IntakeQueue } from "./loop/intakeQueue.ts";
import type { OutlookParts } from "./loop/outlook.ts";
import { PredictionKeeper } from "./loop/predictionKeeper.ts";
import { type Request, RequestQueue, type Wish } from "./loop/requestQueue.ts";
import { Runners } from "./loop/runners.ts";
import { StoreKeeper } from "./loop/storeKeeper.ts";
import { ViewBoard } from "./loop/viewBoard.ts";
import type { Labels, PredictionStore } from "./ports/predictions.ts";
import {
  type Batch,
  type Conditions,
  type HistoryEntry,
  type HistoryPage,
  type Intake,
  RequestError,
  type Rollouts,
  type RolloutView,
  type Store,
} from "./ports.ts";

/** The longest that the loop sleeps, and how long it waits for more evidence once some came. */
const TURN_MS = 250;
const DEBOUNCE_MS = 20;
/** Counting gives way to everything else after this long. */
const DRAIN_MS = 2;

/** What the loop needs of its surroundings. */
export type LoopParts = DeliveryParts &
  Pick<OutlookParts, "hooks" | "probe"> & {
    readonly store: Store;
    readonly predictions: PredictionStore;
    readonly makeExaminer: MakeExaminer;
    readonly limits: Limits;
  };

/**
 * Owns the rollouts. Level-triggered: each turn looks at the evidence, saves what is decided on it, and makes the world equal to
 * what the saved state asks for; so a crash, a lost write and a repeated turn heal the same way. Everybody else posts to its
 * queues and reads views.
 */
export class Loop implements Rollouts, Intake {
  readonly #parts: LoopParts;
  readonly #alarm: Alarm;
  readonly #board: ViewBoard;
  readonly #keeper: StoreKeeper;
  readonly #predictions: PredictionKeeper;
  readonly #runners: Runners;
  readonly #intake: IntakeQueue;
  readonly #counter: BatchCounter;
  readonly #requests: RequestQueue;
  #isDrainDue = false;
  #lastTurnMs: number | undefined;
  #isStopped = false;

  constructor(parts: LoopParts) {
    this.#parts = parts;
    this.#alarm = new Alarm(() => parts.clock.steadyMs());
    this.#board = new ViewBoard(parts.metrics);
    this.#keeper = new StoreKeeper(parts);
    const { rolloutsMax } = parts.limits;
    this.#predictions = new PredictionKeeper(parts, (name) => this.#runners.get(name)?.plan);
    const note = this.#predictions.note.bind(this.#predictions);
    const nudge = () => this.#alarm.ring(0);
    this.#runners = new Runners({ ...parts, keeper: this.#keeper, note, nudge, rolloutsMax });
    this.#intake = new IntakeQueue(parts.limits.queueBytesMax, parts.metrics);
    this.#counter = new BatchCounter({
      queue: this.#intake,
      observe: (observation) => this.#runners.get(observation.rollout)?.observe(observation),
      mistake: (error) => this.#mistake("observe", error),
      steadyMs: () => parts.clock.steadyMs(),
      became: (outcome, count) => parts.metrics.observations.inc({ outcome }, count),
    });
    this.#requests = new RequestQueue(parts.limits.requestsMax);
  }

  /** Where labels go. */
  get labels(): Labels {
    return this.#predictions;
  }

  /** How long ago the last turn ended; undefined before the first. */
  get idleMs(): number | undefined {
    const { clock } = this.#parts;
    return this.#lastTurnMs === undefined ? undefined : clock.steadyMs() - this.#lastTurnMs;
  }

  /** Whether the store confirmed the last change. */
  get isStoreTrusted(): boolean {
    return !this.#keeper.isDoubtful;
  }

  /** Reads the store and asks for the traffic of every rollout in it. Rejects with StoreError. */
  async open(): Promise<void> {
    this.#runners.adoptAll(await this.#parts.store.load());
    await this.turn();
  }

  /** Turns until aborted; what is waiting then is refused, and nothing more is applied. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.turn();
      await this.#alarm.wait(TURN_MS, signal);
    }
    this.#isStopped = true;
    this.drain(Number.POSITIVE_INFINITY);
    for (const { reject } of this.#requests.takeAll()) {
      reject(new RequestError("unavailable", "the sidecar is stopping"));
    }
    // What a turn has taken of the predictions is counted before the last save.
    await this.#predictions.settled();
    await this.#runners.stop();
    await this.#predictions.turn([]);
  }

  /** One turn: recover the store if need be, decide, answer requests, deliver, show. Never rejects. */
  async turn(): Promise<void> {
    const { clock, metrics } = this.#parts;
    const beganMs = clock.steadyMs();
    const stored = await this.#keeper.recover();
    if (stored !== undefined) {
      this.#runners.adoptAll(stored);
    }
    // Not waited for: a slow disk must not hold up decisions.
    void this.#guard("labels", () => this.#predictions.turn(this.#runners.all()));
    for (const runner of this.#runners.all()) {
      await this.#guard("decide", () => this.#runners.step(runner));
    }
    for (const request of this.#requests.takeAll()) {
      await this.#guard("request", () => this.#answer(request));
    }
    for (const runner of this.#runners.all()) {
      this.#board.publish(this.#runners.view(runner));
    }
    this.#lastTurnMs = clock.steadyMs();
    metrics.ticks.inc();
    metrics.tickSeconds.observe((this.#lastTurnMs - beganMs) / 1000);
  }

  /** Counts waiting observations, for about `budgetMs`; true when some may be left. */
  drain(budgetMs: number): boolean {
    return this.#counter.drain(budgetMs);
  }

  /** What is in force for the rollout may have changed. */
  recheck(rollout: string): void {
    this.#runners.recheck(rollout);
    this.#alarm.ring(DEBOUNCE_MS);
  }

  /** Resolves when no attempt of an actuator is under way. */
  async settled(): Promise<void> {
    await this.#runners.settled();
  }

  offer(batch: Batch): boolean {
    if (this.#isStopped || !this.#intake.offer(batch)) {
      return false;
    }
    this.#drainSoon();
    return true;
  }

  list(): readonly RolloutView[] {
    return this.#board.list();
  }

  get(name: string): RolloutView | undefined {
    return this.#board.get(name);
  }

  watch(name: string, listener: (view: RolloutView) => void): () => void {
    return this.#board.watch(name, listener);
  }

  async start(plan: Plan, by: string, only: Conditions = {}): Promise<RolloutView> {
    const generationInForce = await lookForGeneration(this.#parts.actuator, plan);
    return this.#post({ kind: "start", plan, by, only, generationInForce });
  }

  command(name: string, command: Command, revision: number | undefined): Promise<RolloutView> {
    return this.#post({ kind: "command", name, command, revision });
  }

  async history(name: string, page: HistoryPage): Promise<readonly HistoryEntry[]> {
    return readHistory(this.#parts.store, this.#runners.get(name), { name, ...page });
  }

  #post(wish: Wish): Promise<RolloutView> {
    if (this.#isStopped) {
      return Promise.reject(new RequestError("unavailable", "the sidecar is stopping"));
    }
    const answer = this.#requests.post(wish);
    this.#alarm.ring(0);
    return answer;
  }

  async #answer({ wish, resolve, reject }: Request): Promise<void> {
    try {
      const runner =
        wish.kind === "start" ? await this.#runners.start(wish) : await this.#runners.command(wish);
      const view = this.#runners.view(runner);
      this.#board.publish(view);
      resolve(view);
    } catch (error) {
      if (error instanceof RequestError) {
        reject(error);
        return;
      }
      reject(new RequestError("unavailable", "the sidecar made a mistake", { cause: error }));
      throw error;
    }
  }

  #drainSoon(): void {
    if (this.#isDrainDue) {
      return;
    }
    this.#isDrainDue = true;
    setImmediate(() => {
      this.#isDrainDue = false;
      if (this.drain(DRAIN_MS)) {
        this.#drainSoon();
      }
      this.#alarm.ring(DEBOUNCE_MS);
    });
  }

  /** A mistake in one rollout leaves it as it is, and the others unharmed. */
  async #guard(where: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#mistake(where, error);
    }
  }

  #mistake(where: string, error: unknown): void {
    this.#parts.metrics.faults.inc({ where });
    this.#parts.log.error({ where, error: String(error) }, "a mistake in the program");
  }
}
