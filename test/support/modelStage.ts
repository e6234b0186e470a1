import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { RegisteredModel, Stage } from "../../sidecar/core/models/model.ts";
import type { Trigger } from "../../sidecar/core/models/nextTrial.ts";
import { ModelKeeper } from "../../sidecar/models/keeper.ts";
import type { Journal } from "../../sidecar/ports/journal.ts";
import { type Registry, RegistryError } from "../../sidecar/ports/registry.ts";
import type { Rollouts, Store } from "../../sidecar/ports.ts";
import { createMemoryStore } from "../../sidecar/stores/memory.ts";
import { LoopHarness } from "./loopHarness.ts";
import { embeddedIn, folderOf, registrationOf } from "./registries.ts";

/** A template of the rollout "test" that little evidence passes. */
export const templateText = `apiVersion: understudy.dev/v1alpha1
kind: Rollout
metadata: { name: test }
spec:
  model: risk
  requestTimeout: 500ms
  steps:
    - shadow: { minimum: { pairs: 20 } }
    - canary: { weight: 50%, minimum: { requests: 20 } }
  guardrails:
    errorRate: { tolerance: 10% }
    disagreement: { of: answer, tolerance: 30% }
`;

/** One model, its registry, and a sidecar's loop in the hands of a test. */
export class ModelStage {
  readonly store: Store & Journal = createMemoryStore();
  readonly harness: LoopHarness = new LoopHarness({ store: this.store });
  readonly registry: Registry;
  readonly logged: { readonly message: string; readonly fields: object }[] = [];
  /** How the registry and the log of events fail, for as long as it is set: before anything is done, or after all of it. */
  failing: "before" | "after" | undefined;
  journalFails = false;
  /** Versions that a keeper has made the champion, in order. */
  readonly championsSet: number[] = [];
  readonly signal: AbortSignal = AbortSignal.timeout(120_000);
  readonly #context: TestContext;
  readonly model: { readonly name: string; readonly planPath: string };

  constructor(context: TestContext) {
    this.#context = context;
    const folder = folderOf(context);
    this.registry = embeddedIn(folder);
    this.model = { name: "risk", planPath: join(folder, "plan.yaml") };
    this.writePlan(templateText);
  }

  /** Replaces the template. */
  writePlan(text: string): void {
    writeFileSync(this.model.planPath, text);
  }

  /** A keeper of another life of the process, which has read the log. */
  async open(trigger: Trigger = "newVersion"): Promise<ModelKeeper> {
    const { clock, metrics } = this.harness;
    const note = (fields: object, message: string): void => {
      this.logged.push({ message, fields });
    };
    const keeper = new ModelKeeper({
      settings: { everyMs: 1_000, models: [{ ...this.model, trigger }] },
      registry: this.#flaky(),
      rollouts: this.#turning(),
      journal: this.#journal(),
      clock,
      metrics,
      random: () => 0.5,
      log: { info: note, warn: note, error: note },
    });
    await keeper.open();
    return keeper;
  }

  /** Registers a file that holds the text. */
  async register(text: string): Promise<number> {
    const made = await this.registry.register(registrationOf(this.#context, text), this.signal);
    return made.version.version;
  }

  async alias(alias: string, version: number): Promise<void> {
    await this.registry.setAlias({ model: "risk", alias, version }, this.signal);
  }

  async registered(): Promise<RegisteredModel> {
    return await this.registry.read("risk", this.signal);
  }

  /** Stages of the versions, the oldest first. */
  async stages(): Promise<readonly Stage[]> {
    return (await this.registered()).versions.map(({ stage }) => stage).toReversed();
  }

  /** Time passes, more than between two looks at the registry, and it is looked at. */
  async look(keeper: ModelKeeper, passedMs = 2_000): Promise<void> {
    await this.harness.turn(passedMs);
    await keeper.look();
  }

  /** Candidates of the rollouts that were started, in order. */
  async started(): Promise<readonly string[]> {
    return (await this.store.events("test")).flatMap((event) =>
      event.kind === "started" ? [`${event.plan.primary}>${event.plan.candidate}`] : [],
    );
  }

  /** Ends the rollout under way by evidence. */
  async end(outcome: "promoted" | "rolled-back"): Promise<void> {
    const status = outcome === "promoted" ? 200 : 500;
    await this.harness.turnUntil(({ state }) => state.phase === outcome, status);
  }

  /** The sum of a metric over its labels. */
  async metric(name: string): Promise<number> {
    const found = await this.harness.metrics.registry.getSingleMetric(name)?.get();
    return (found?.values ?? []).reduce((sum, { value }) => sum + value, 0);
  }

  messages(): readonly string[] {
    return this.logged.map(({ message }) => message);
  }

  /** A loop that turns when something is asked of it. */
  #turning(): Pick<Rollouts, "start"> {
    return {
      start: async (...asked) => {
        const started = this.harness.loop.start(...asked);
        setImmediate(() => void this.harness.loop.turn());
        return await started;
      },
    };
  }

  #flaky(): Registry {
    const { registry } = this;
    const work = async <T>(does: () => Promise<T>): Promise<T> => {
      const { failing } = this;
      if (failing === "before") {
        throw new RegistryError("unreachable", "a simulated failure");
      }
      const done = await does();
      if (failing === "after") {
        throw new RegistryError("unreachable", "a simulated failure");
      }
      return done;
    };
    return {
      register: (...asked) => work(() => registry.register(...asked)),
      read: (...asked) => work(() => registry.read(...asked)),
      setAlias: (naming, signal) =>
        work(async () => {
          await registry.setAlias(naming, signal);
          this.championsSet.push(naming.version);
        }),
      mark: (...asked) => work(() => registry.mark(...asked)),
      close: async () => undefined,
    };
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

/** A stage on which version 1 is the champion, and version 2 is new. */
export async function modelStage(context: TestContext): Promise<ModelStage> {
  const stage = new ModelStage(context);
  await stage.register("one");
  await stage.alias("champion", 1);
  await stage.register("two");
  return stage;
}

/** What is in the way of a version, in a sentence. */
export function heldOf(keeper: ModelKeeper): string | undefined {
  const held = keeper.held.get("risk");
  return held && `v${held.version} waits until ${held.until}: ${held.why}`;
}
