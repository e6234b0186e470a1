import { backoffMs } from "../core/backoff.ts";
import type { Cluster } from "../kube/cluster.ts";
import { KubeError } from "../kube/error.ts";
import { ObjectWatch } from "../kube/objectWatch.ts";
import type { Clock, Log, Rollouts } from "../ports.ts";
import { repeat } from "../repeat.ts";
import { Carrier } from "./carrier.ts";
import { Lease } from "./lease.ts";
import { readRolloutObject } from "./rolloutObject.ts";

/** What Rollout objects need of their surroundings. */
export type RolloutObjectsParts = {
  readonly cluster: Cluster;
  /** Where the objects are that are carried out. */
  readonly namespace: string;
  /** Who this process is, among several. */
  readonly holder: string;
  readonly rollouts: Rollouts;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
};

const TURN_MS = 500;
const RENEW_MS = 4_000;
const CALL_MS_MAX = 4_000;
const RETRY_MS = { minMs: 500, maxMs: 15_000 };

type Carried = { readonly carrier: Carrier; attempt: number; nextMs: number };

/**
 * Carries out the Rollout objects of a namespace: starts what is there, says in the status what came of it, and rolls back what is deleted. Level-triggered: each
 * turn looks at every object and at its rollout, so that restarts and lost watches heal. Only while it has the lease, if there are several.
 */
export class RolloutObjects {
  readonly #parts: RolloutObjectsParts;
  readonly #watch: ObjectWatch;
  readonly #lease: Lease;
  readonly #carried = new Map<string, Carried>();
  readonly #ending = new AbortController();
  #running: Promise<unknown> | undefined;
  #trouble = "";

  constructor(parts: RolloutObjectsParts) {
    this.#parts = parts;
    const { cluster, namespace, random, holder, clock } = parts;
    this.#watch = new ObjectWatch({
      cluster,
      path: `/apis/understudy.dev/v1alpha1/namespaces/${namespace}/rollouts`,
      random,
      changed: () => undefined,
    });
    const { wallMs, steadyMs } = clock;
    this.#lease = new Lease({ cluster, namespace, holder, wallMs, steadyMs });
  }

  /** Begins; once. */
  start(): void {
    this.#watch.start();
    const { signal } = this.#ending;
    this.#running ??= Promise.all([
      repeat(() => this.#keepLease(signal), { restMs: RENEW_MS, signal }),
      repeat(() => this.#turn(signal), { restMs: TURN_MS, signal }),
    ]);
  }

  /** Ends it and gives the lease away; resolves when nothing of it is left. Objects stay as they are. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#running;
    await this.#watch.stop();
    await this.#lease.release(AbortSignal.timeout(CALL_MS_MAX)).catch(() => undefined);
  }

  async #keepLease(signal: AbortSignal): Promise<void> {
    const timed = AbortSignal.any([signal, AbortSignal.timeout(CALL_MS_MAX)]);
    await this.#lease.renew(timed).catch((error: unknown) => {
      if (!signal.aborted) {
        this.#tell(error);
      }
    });
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const { standing } = this.#watch;
    if (standing.kind === "failed") {
      this.#tell(standing.error);
    } else if (standing.kind === "live" && this.#lease.isHeld) {
      this.#trouble = "";
      await this.#carryAll(signal);
    }
  }

  async #carryAll(signal: AbortSignal): Promise<void> {
    const { objects } = this.#watch;
    for (const key of this.#carried.keys()) {
      if (!objects.has(key)) {
        this.#carried.delete(key);
      }
    }
    for (const [key, value] of objects) {
      const object = readRolloutObject(value);
      if (object === undefined || signal.aborted || !this.#lease.isHeld) {
        continue;
      }
      const carried = this.#carriedFor(key);
      if (this.#parts.clock.steadyMs() >= carried.nextMs) {
        await this.#carry(carried, () =>
          carried.carrier.turn(object, AbortSignal.any([signal, AbortSignal.timeout(CALL_MS_MAX)])),
        );
      }
    }
  }

  /** A failure delays this object alone. */
  async #carry(carried: Carried, turn: () => Promise<void>): Promise<void> {
    const { clock, random } = this.#parts;
    try {
      await turn();
      carried.attempt = 0;
    } catch (error) {
      const asked = error instanceof KubeError ? (error.retryAfterMs ?? 0) : 0;
      const waitMs = Math.max(asked, backoffMs(carried.attempt, RETRY_MS, random));
      carried.nextMs = clock.steadyMs() + waitMs;
      carried.attempt += 1;
      this.#tell(error);
    }
  }

  #carriedFor(key: string): Carried {
    const { cluster, rollouts, clock } = this.#parts;
    const adopt = (object: unknown): void => this.#watch.adopt(object);
    const carried = this.#carried.get(key) ?? {
      carrier: new Carrier({ cluster, rollouts, clock, adopt }),
      attempt: 0,
      nextMs: 0,
    };
    this.#carried.set(key, carried);
    return carried;
  }

  /** Each trouble once, until it is over. */
  #tell(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    if (why !== this.#trouble) {
      this.#trouble = why;
      this.#parts.log.warn({ why }, "Rollout objects not carried out");
    }
  }
}
