import { MemoryActuator } from "../../sidecar/actuators/memory.ts";
import type { Target } from "../../sidecar/alerts/courier.ts";
import type { DeadReason } from "../../sidecar/alerts/deadLetters.ts";
import { Teller } from "../../sidecar/alerts/teller.ts";
import type { Condition } from "../../sidecar/core/alerts/condition.ts";
import type { Notice } from "../../sidecar/core/alerts/notice.ts";
import type { Journal } from "../../sidecar/ports/journal.ts";
import { type Actuator, ActuatorError, type Store } from "../../sidecar/ports.ts";
import { createMemoryStore } from "../../sidecar/stores/memory.ts";
import { FakeChannel } from "./fakeChannel.ts";
import { LoopHarness } from "./loopHarness.ts";

/** How a target of a test is told, where that matters. */
export type TargetOptions = Partial<Omit<Target, "channel">> & { readonly channel?: FakeChannel };

/** A target that is told everything. */
export function targetWith({
  channel = new FakeChannel(),
  ...options
}: TargetOptions = {}): Target & {
  readonly channel: FakeChannel;
} {
  const preset = {
    name: "one",
    minSeverity: "info",
    timeoutMs: 1_000,
    giveUpMs: 3_600_000,
  } as const;
  return { ...preset, ...options, channel };
}

/** A loop and a teller over one store, in the hands of a test. */
export class TellerStage {
  readonly store: Store & Journal = createMemoryStore();
  readonly harness: LoopHarness;
  /** Whether the proxies can't be reached, from now on. */
  actuatorFails: boolean;
  /** What goes wrong with the journal, from now on. */
  journalFails = false;
  isStoreTrusted = true;
  /** What else is wrong with the sidecar as a whole. */
  conditions: readonly Condition[] = [];

  constructor({ actuatorFails = false }: { readonly actuatorFails?: boolean } = {}) {
    this.actuatorFails = actuatorFails;
    const proxies = new MemoryActuator();
    const work = <T>(does: () => Promise<T>): Promise<T> =>
      this.actuatorFails ? Promise.reject(new ActuatorError("denied", "as the test said")) : does();
    const actuator: Actuator = {
      read: (target) => work(() => proxies.read(target)),
      apply: (target, traffic) => work(() => proxies.apply(target, traffic)),
    };
    this.harness = new LoopHarness({ store: this.store, actuator });
  }

  /** A teller as a new process has it. */
  async open(...targets: readonly Target[]): Promise<Teller> {
    const { clock, logged, metrics, loop } = this.harness;
    const note = (fields: object, message: string): void => {
      logged.push({ message, fields });
    };
    const teller = new Teller(targets, {
      clock,
      metrics,
      random: () => 0.5,
      log: { info: note, warn: note, error: note },
      journal: this.#journal(),
      views: () => loop.list(),
      isStoreTrusted: () => this.isStoreTrusted,
      conditions: () => this.conditions,
    });
    await teller.open();
    return teller;
  }

  /** Time passes, the loop turns, and the teller looks until nothing more comes of it. */
  async look(teller: Teller, passedMs = 0): Promise<void> {
    await this.harness.turn(passedMs);
    for (let looks = 0; looks < 3; looks += 1) {
      await teller.look();
      await teller.settled();
    }
  }

  /** Pauses the rollout, or resumes it. */
  async command(kind: "pause" | "resume" | "rollback"): Promise<void> {
    const { loop } = this.harness;
    const done = loop.command("test", { kind, by: "me", reason: `${kind}, please` }, undefined);
    await loop.turn();
    await done;
  }

  /** What was given up, as the log says it. */
  buried(): readonly { readonly notice: Notice; readonly reason: DeadReason }[] {
    return this.harness.logged
      .filter(({ message }) => message === "given up")
      .map(({ fields }): { notice: Notice; reason: DeadReason } =>
        JSON.parse(JSON.stringify(fields)),
      );
  }

  #journal(): Journal {
    const { store } = this;
    const work = <T>(does: () => Promise<T>): Promise<T> =>
      this.journalFails ? Promise.reject(new Error("a simulated failure")) : does();
    return {
      head: () => work(() => store.head()),
      after: (sequence, max) => work(() => store.after(sequence, max)),
      cursors: (reader) => work(() => store.cursors(reader)),
      saveCursors: (reader, cursors) => work(() => store.saveCursors(reader, cursors)),
    };
  }
}
