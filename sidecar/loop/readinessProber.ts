import type { Plan } from "../core/plan/plan.ts";
import type { Readiness } from "../core/plan/readiness.ts";
import type { Unready } from "../core/rollout/hold.ts";
import { isFinal, type RolloutState } from "../core/rollout/state.ts";
import type { Metrics } from "../metrics.ts";
import { OutgoingError } from "../ports/outgoing.ts";
import type { Probe } from "../ports/probe.ts";
import type { Clock, Log } from "../ports.ts";

/** What the prober needs of its surroundings. */
export type ReadinessProberParts = {
  readonly probe: Probe;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Called when a variant has become ready, or is so no more. */
  readonly changed: () => void;
};

const VARIANTS = ["primary", "candidate"] as const;
type Variant = (typeof VARIANTS)[number];

/** How one variant stands. */
type Standing = {
  readonly variant: Variant;
  /** Its version. */
  readonly name: string;
  readonly url: string;
  /** Undefined until it is known. */
  isReady: boolean | undefined;
  /** In a row. */
  failures: number;
  why: string;
  nextMs: number;
  probe: Promise<void> | undefined;
};

type Probed = {
  readonly readiness: Readiness;
  readonly abort: AbortController;
  readonly standings: readonly Standing[];
};

/** No answer takes longer. */
const PROBE_MS_MAX = 10_000;
/** Times of probes are spread by so much of their period, to either side. */
const JITTER = 0.1;

/**
 * Asks the variants of rollouts under way whether they are ready, again and again; nobody waits for it. One that has not answered yet is not known to
 * be ready; one that is ready is so until it has failed as often in a row as the plan says.
 */
export class ReadinessProber {
  readonly #parts: ReadinessProberParts;
  readonly #probed = new Map<string, Probed>();

  constructor(parts: ReadinessProberParts) {
    this.#parts = parts;
  }

  /** Starts the probes that are due; returns which variants can't take users, as far as is known. */
  look(plan: Plan, state: RolloutState): Unready | undefined {
    const { readiness } = plan;
    const before = this.#probed.get(plan.name);
    const isWanted = readiness !== undefined && !isFinal(state);
    if (before !== undefined && (!isWanted || before.readiness !== readiness)) {
      this.#drop(plan.name, before);
    }
    if (!isWanted) {
      return undefined;
    }
    const probed = this.#probed.get(plan.name) ?? probedFrom(plan, readiness);
    this.#probed.set(plan.name, probed);
    const nowMs = this.#parts.clock.steadyMs();
    for (const standing of probed.standings) {
      if (standing.probe === undefined && nowMs >= standing.nextMs) {
        standing.nextMs = nowMs + this.#spread(readiness.everyMs);
        standing.probe = this.#ask(plan.name, probed, standing);
      }
    }
    return unreadyIn(probed.standings);
  }

  /** Ends the probes under way. */
  async stop(): Promise<void> {
    const ending = this.settled();
    for (const [rollout, probed] of this.#probed) {
      this.#drop(rollout, probed);
    }
    await ending;
  }

  /** Resolves when no probe is under way. */
  async settled(): Promise<void> {
    const standings = [...this.#probed.values()].flatMap((probed) => probed.standings);
    await Promise.all(standings.map(({ probe }) => probe));
  }

  #drop(rollout: string, { abort, standings }: Probed): void {
    abort.abort();
    this.#probed.delete(rollout);
    for (const { variant } of standings) {
      this.#parts.metrics.ready.remove({ rollout, variant });
    }
  }

  #spread(everyMs: number): number {
    return everyMs * (1 - JITTER + 2 * JITTER * this.#parts.random());
  }

  /** Never rejects. */
  async #ask(rollout: string, { abort, readiness }: Probed, standing: Standing): Promise<void> {
    const timeoutMs = Math.min(readiness.everyMs, PROBE_MS_MAX);
    const signal = AbortSignal.any([abort.signal, AbortSignal.timeout(timeoutMs)]);
    const error = await this.#parts.probe.check(standing.url, signal).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    standing.probe = undefined;
    if (!abort.signal.aborted) {
      this.#note(rollout, standing, { error, failuresMax: readiness.failures });
    }
  }

  #note(
    rollout: string,
    standing: Standing,
    { error, failuresMax }: { readonly error: unknown; readonly failuresMax: number },
  ): void {
    const { changed, log, metrics } = this.#parts;
    const { variant } = standing;
    const isFailure = error !== undefined;
    metrics.probes.inc({ variant, outcome: outcomeOf(error) });
    standing.failures = isFailure ? standing.failures + 1 : 0;
    standing.why = isFailure && error instanceof OutgoingError ? error.message : "";
    const isReady = isFailure && standing.failures < failuresMax ? standing.isReady : !isFailure;
    if (isReady === undefined || isReady === standing.isReady) {
      return;
    }
    standing.isReady = isReady;
    metrics.ready.set({ rollout, variant }, Number(isReady));
    const fields = { rollout, variant, version: standing.name };
    if (isReady) {
      log.info(fields, "ready");
    } else {
      log.warn({ ...fields, why: standing.why, failures: standing.failures }, "not ready");
    }
    changed();
  }
}

function probedFrom(plan: Plan, readiness: Readiness): Probed {
  const standings = VARIANTS.flatMap((variant): readonly Standing[] => {
    const url = readiness[variant];
    const fresh = { isReady: undefined, failures: 0, why: "", nextMs: 0, probe: undefined };
    return url === undefined ? [] : [{ variant, name: plan[variant], url, ...fresh }];
  });
  return { readiness, abort: new AbortController(), standings };
}

/** A primary that has not answered yet holds nothing: it serves. */
function unreadyIn(standings: readonly Standing[]): Unready {
  return Object.fromEntries(
    standings.flatMap(({ variant, name, isReady, why }) => {
      if (isReady === false) {
        return [[variant, `${name} is not ready: ${why}`]];
      }
      const isUnknown = isReady === undefined && variant === "candidate";
      return isUnknown ? [[variant, `${name} has not said yet that it is ready`]] : [];
    }),
  );
}

function outcomeOf(error: unknown): string {
  if (error === undefined) {
    return "ready";
  }
  return error instanceof OutgoingError ? error.code : "failed";
}
