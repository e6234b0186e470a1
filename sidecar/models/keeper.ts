import type { Condition } from "../core/alerts/condition.ts";
import { backoffMs } from "../core/backoff.ts";
import { CHAMPION, nameOfVersion } from "../core/models/model.ts";
import { type Hold, heldBy, versionToTry } from "../core/models/nextTrial.ts";
import type { Finding } from "../core/models/trials.ts";
import type { Metrics } from "../metrics.ts";
import type { Journal } from "../ports/journal.ts";
import { type Registry, RegistryError } from "../ports/registry.ts";
import { type Clock, type Log, RequestError, type Rollouts, StoreError } from "../ports.ts";
import { repeat } from "../repeat.ts";
import { Findings } from "./findings.ts";
import type { ModelSettings, ModelsSettings } from "./modelsFile.ts";
import { tell } from "./tell.ts";
import { planOf } from "./template.ts";

/** What trying models needs of its surroundings. */
export type ModelKeeperParts = {
  readonly settings: Pick<ModelsSettings, "everyMs" | "models">;
  readonly registry: Registry;
  readonly rollouts: Pick<Rollouts, "start">;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly metrics: Metrics;
};

/** A version that is to be tried, and what is in the way. */
export type Held = Hold & { readonly version: number };

/** How often it looks at the log. */
const LOOK_MS = 500;
const RETRY_MS = { minMs: 1_000, maxMs: 300_000 };
/** As whom it starts rollouts. */
const BY = "registry";

/**
 * Starts the rollout of each version that is to be tried, once, and says in the registry what came of it. Level-triggered: it looks at what the
 * registry has and at what the log tells again and again, so that nothing is lost while either is away, or by a crash. Looks by itself, and holds
 * up nobody.
 */
export class ModelKeeper {
  readonly #parts: ModelKeeperParts;
  readonly #findings: Findings;
  readonly #stopping = new AbortController();
  /** Why a version is to be tried and is not, by model. */
  readonly #held = new Map<string, Held>();
  #problem: string | undefined;
  #turning: Promise<void> = Promise.resolve();
  #nextPollMs = 0;
  #retryMs = 0;
  #failures = 0;

  constructor(parts: ModelKeeperParts) {
    this.#parts = parts;
    this.#findings = new Findings(parts.journal);
    for (const { name } of parts.settings.models) {
      parts.metrics.modelTrials.inc({ model: name }, 0);
      parts.metrics.modelHeld.set({ model: name }, 0);
    }
  }

  /** Why a version is to be tried and is not, by model. */
  get held(): ReadonlyMap<string, Held> {
    return this.#held;
  }

  /** What is wrong and may need somebody; a version that only waits for its turn is not. */
  get conditions(): readonly Condition[] {
    const stuck = [...this.#held].filter(([, { until }]) => until === "changed");
    const models = stuck.map(([subject, { version, why }]): Condition => {
      return { kind: "model", subject, reason: `${nameOfVersion(version)} is not tried: ${why}` };
    });
    return this.#problem === undefined
      ? models
      : [...models, { kind: "registry", subject: "", reason: this.#problem }];
  }

  /** Reads the log, and begins where the registry was told last. Rejects with StoreError. */
  async open(): Promise<void> {
    await this.#findings.open();
  }

  /** Looks again and again until stopped. */
  start(): void {
    this.#turning = repeat(() => this.look(), { restMs: LOOK_MS, signal: this.#stopping.signal });
  }

  /** Ends what is under way; what was not told is told after the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#turning;
    await this.#parts.registry.close();
  }

  /** Looks once, unless something failed and it is too early to try again. Never rejects. */
  async look(): Promise<void> {
    const { clock, random, settings } = this.#parts;
    if (clock.steadyMs() < this.#retryMs) {
      return;
    }
    try {
      const isCurrent = await this.#findings.read();
      await this.#tellAll();
      if (isCurrent && clock.steadyMs() >= this.#nextPollMs) {
        for (const model of settings.models) {
          await this.#try(model);
        }
        this.#nextPollMs = clock.steadyMs() + settings.everyMs * (0.75 + random() / 2);
      }
      this.#recovered();
    } catch (error) {
      this.#failed(error);
    }
  }

  async #tellAll(): Promise<void> {
    const { waiting } = this.#findings;
    for (const finding of waiting) {
      await this.#tellOf(finding, !waiting.some((other) => isLaterPromotion(other, finding)));
      await this.#findings.told();
    }
  }

  async #tellOf(finding: Finding, isLast: boolean): Promise<void> {
    const { log, metrics, registry } = this.#parts;
    const { kind, model, version, rollout } = finding;
    try {
      await tell(registry, { finding, isLast }, this.#stopping.signal);
      metrics.registryTold.inc({ kind });
      log.info({ model, version, rollout, kind }, "told the registry");
    } catch (error) {
      if (!isForGood(error)) {
        throw error;
      }
      metrics.registryGivenUp.inc({ kind });
      const { code, message: why } = error;
      log.error({ model, version, rollout, kind, code, why }, "the registry can't be told");
    }
  }

  /** Starts the rollout of the model's version that is to be tried, if there is one and nothing is in the way. */
  async #try(model: ModelSettings): Promise<void> {
    const { name, trigger } = model;
    const { trials } = this.#findings;
    const { registry } = this.#parts;
    const registered = await registry.read(name, this.#stopping.signal);
    const version = versionToTry({ model: name, trigger }, registered, trials);
    if (version === undefined) {
      return this.#note(name, undefined);
    }
    const champion = registered.aliases.get(CHAMPION);
    const made = await planOf(model, { champion, version });
    if ("problems" in made) {
      return this.#note(name, { version, why: made.problems.join("; "), until: "changed" });
    }
    const held = heldBy(made.plan, trials) ?? (await this.#apply(made.plan, { name, version }));
    this.#note(name, held && { version, ...held });
  }

  /** What was in the way, if anything was. */
  async #apply(
    plan: Parameters<Rollouts["start"]>[0],
    { name, version }: { readonly name: string; readonly version: number },
  ): Promise<Hold | undefined> {
    const { log, metrics, rollouts } = this.#parts;
    const key = `${name}/${version}`;
    try {
      await rollouts.start(plan, BY, { key: { text: key, digest: key } });
    } catch (error) {
      if (error instanceof RequestError) {
        return { why: error.message, until: "later" };
      }
      throw error;
    }
    metrics.modelTrials.inc({ model: name });
    log.info({ model: name, version, rollout: plan.name, primary: plan.primary }, "version tried");
    return undefined;
  }

  #note(model: string, held: Held | undefined): void {
    const { log, metrics } = this.#parts;
    metrics.modelHeld.set({ model }, held === undefined ? 0 : 1);
    if (held === undefined) {
      this.#held.delete(model);
      return;
    }
    const { version, why } = held;
    const before = this.#held.get(model);
    if (before?.version !== version || before.why !== why) {
      log.warn({ model, version, why }, "version held");
    }
    this.#held.set(model, held);
  }

  #recovered(): void {
    if (this.#failures > 0) {
      this.#parts.log.info({ failures: this.#failures }, "registry answers again");
    }
    this.#failures = 0;
    this.#problem = undefined;
  }

  #failed(error: unknown): void {
    const { clock, log, metrics, random } = this.#parts;
    if (this.#stopping.signal.aborted) {
      return;
    }
    this.#retryMs = clock.steadyMs() + backoffMs(this.#failures, RETRY_MS, random);
    this.#failures += 1;
    const why = error instanceof Error ? error.message : String(error);
    if (error instanceof RegistryError) {
      metrics.registryFailures.inc({ code: error.code });
      this.#problem = why;
    } else if (error instanceof StoreError) {
      metrics.storeFailures.inc({ code: error.code });
    } else {
      metrics.faults.inc({ where: "models" });
    }
    if (this.#failures === 1) {
      const waiting = this.#findings.waiting.length;
      log.warn({ why, waiting }, "registry failed: no version is tried until it answers");
    }
  }
}

/** Whether to say it again would not help. */
function isForGood(error: unknown): error is RegistryError {
  return error instanceof RegistryError && ["missing", "refused", "full"].includes(error.code);
}

function isLaterPromotion(other: Finding, finding: Finding): boolean {
  return (
    other.kind === "promoted" && other.model === finding.model && other.sequence > finding.sequence
  );
}
