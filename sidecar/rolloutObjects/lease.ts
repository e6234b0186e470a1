import { z } from "zod";
import type { Cluster, KubeCall } from "../kube/cluster.ts";
import { KubeError } from "../kube/error.ts";

/** What a lease needs of its surroundings. */
export type LeaseParts = {
  readonly cluster: Cluster;
  readonly namespace: string;
  /** Who wants it; another for each process. */
  readonly holder: string;
  readonly wallMs: () => number;
  readonly steadyMs: () => number;
};

/** Who has not renewed a lease for so long has lost it ... */
export const LEASE_MS = 15_000;
/** ... and lays it down itself some time before. */
const SURE_MS = 10_000;
const NAME = "understudy";

const lease = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string() }),
  spec: z
    .looseObject({
      holderIdentity: z.string().default(""),
      renewTime: z.string().default(""),
      leaseTransitions: z.number().default(0),
    })
    .prefault({}),
});
type Found = z.infer<typeof lease>;

/**
 * One of several sidecars at a time has it, by an object of the cluster. Clocks need not agree: a holder is gone when its lease has not changed for 15 s of
 * one's own time, and who can't renew it acts as if without it 5 s before that.
 */
export class Lease {
  readonly #parts: LeaseParts;
  #renewedAtMs = Number.NEGATIVE_INFINITY;
  /** The lease of somebody else as it was seen last, and since when it is so. */
  #seen = { text: "", sinceMs: 0 };

  constructor(parts: LeaseParts) {
    this.#parts = parts;
  }

  /** Whether this process has it, for sure. */
  get isHeld(): boolean {
    return this.#parts.steadyMs() - this.#renewedAtMs < SURE_MS;
  }

  /** Takes or renews it where that is possible; to be called every few seconds. Rejects with KubeError. */
  async renew(signal: AbortSignal): Promise<void> {
    const beganMs = this.#parts.steadyMs();
    const found = await this.#find(signal);
    if (found !== undefined && !this.#isFree(found)) {
      return;
    }
    try {
      await this.#write(found, this.#parts.holder, signal);
      this.#renewedAtMs = beganMs;
    } catch (error) {
      if (!(error instanceof KubeError && error.code === "conflict")) {
        throw error;
      }
      // Somebody else was first.
      this.#renewedAtMs = Number.NEGATIVE_INFINITY;
    }
  }

  /** Gives it to whoever asks next. Rejects with KubeError. */
  async release(signal: AbortSignal): Promise<void> {
    const wasHeld = this.isHeld;
    this.#renewedAtMs = Number.NEGATIVE_INFINITY;
    const found = wasHeld ? await this.#find(signal) : undefined;
    if (found?.spec.holderIdentity === this.#parts.holder) {
      await this.#write(found, "", signal);
    }
  }

  #isFree({ spec }: Found): boolean {
    if (spec.holderIdentity === this.#parts.holder || spec.holderIdentity === "") {
      return true;
    }
    const nowMs = this.#parts.steadyMs();
    const text = `${spec.holderIdentity} ${spec.renewTime}`;
    if (text !== this.#seen.text) {
      this.#seen = { text, sinceMs: nowMs };
    }
    return nowMs - this.#seen.sinceMs >= LEASE_MS;
  }

  async #find(signal: AbortSignal): Promise<Found | undefined> {
    try {
      const call = { method: "GET", path: `${this.#path}/${NAME}` } as const;
      return lease.safeParse(await this.#parts.cluster.send(call, signal)).data;
    } catch (error) {
      if (error instanceof KubeError && error.code === "missing") {
        return undefined;
      }
      throw error;
    }
  }

  async #write(found: Found | undefined, holder: string, signal: AbortSignal): Promise<void> {
    const { namespace, wallMs, cluster } = this.#parts;
    const isOther = found?.spec.holderIdentity !== holder;
    const value = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: NAME, namespace, resourceVersion: found?.metadata.resourceVersion },
      spec: {
        holderIdentity: holder,
        leaseDurationSeconds: LEASE_MS / 1_000,
        // Its type has microseconds.
        renewTime: new Date(wallMs()).toISOString().replace("Z", "000Z"),
        leaseTransitions: (found?.spec.leaseTransitions ?? 0) + (isOther ? 1 : 0),
      },
    };
    const body = { type: "application/json", value };
    const call: KubeCall =
      found === undefined
        ? { method: "POST", path: this.#path, body }
        : { method: "PUT", path: `${this.#path}/${NAME}`, body };
    await cluster.send(call, signal);
  }

  get #path(): string {
    return `/apis/coordination.k8s.io/v1/namespaces/${this.#parts.namespace}/leases`;
  }
}
