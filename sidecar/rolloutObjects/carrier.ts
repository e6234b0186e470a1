import { canonicalPlan } from "../core/plan/canonicalPlan.ts";
import type { Plan } from "../core/plan/plan.ts";
import { isFinal } from "../core/rollout/state.ts";
import { sameTraffic } from "../core/traffic.ts";
import type { Cluster, KubeCall } from "../kube/cluster.ts";
import { type Clock, RequestError, type Rollouts, type RolloutView } from "../ports.ts";
import { eventCall, newsOf } from "./news.ts";
import { planOfObject } from "./planOfObject.ts";
import { FINALIZER, type ObjectStatus, type RolloutObject } from "./rolloutObject.ts";
import { type Acceptance, statusOf } from "./status.ts";

/** What carrying one object out needs of its surroundings. */
export type CarrierParts = {
  readonly cluster: Cluster;
  readonly rollouts: Rollouts;
  readonly clock: Clock;
  /** Told of the object as the API server answers it. */
  readonly adopt: (object: unknown) => void;
};

/** An object is let go of after this long, though proxies are not known to serve the rollback. */
const LET_GO_MS = 60_000;
/** A status is written at most so often. */
const STATUS_MS = 1_000;
const REFUSED_MS = 5_000;
const FIELDS = { fieldManager: "understudy" };

/** Carries out one Rollout object. */
export class Carrier {
  readonly #parts: CarrierParts;
  /** The plan of the generation that was looked at last. */
  #read: { readonly generation: number; readonly plan: Plan | string } | undefined;
  /** The generation that was started. */
  #startedGeneration: number | undefined;
  /** What the last start came to that was refused; it is asked for again after a while, as the rollout under way may have ended. */
  #refusal:
    | { readonly generation: number; readonly atMs: number; readonly told: Acceptance }
    | undefined;
  #toldAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: CarrierParts) {
    this.#parts = parts;
  }

  /** Does what the object asks for, if that is not done. Rejects with KubeError, or RequestError `busy` and `unavailable`. */
  async turn(object: RolloutObject, signal: AbortSignal): Promise<void> {
    if (object.metadata.deletionTimestamp !== undefined) {
      await this.#remove(object, signal);
      return;
    }
    if (!object.metadata.finalizers.includes(FINALIZER)) {
      await this.#setFinalizers(object, [...object.metadata.finalizers, FINALIZER], signal);
      return;
    }
    const acceptance = await this.#start(object);
    const isCarried = acceptance.status === "True" || isCarriedBefore(object);
    const view = isCarried ? this.#parts.rollouts.get(object.metadata.name) : undefined;
    await this.#tell(object, { acceptance, view }, signal);
  }

  async #start(object: RolloutObject): Promise<Acceptance> {
    const { name, namespace, generation } = object.metadata;
    const plan = this.#planOf(object);
    if (typeof plan === "string") {
      return { status: "False", reason: "InvalidPlan", message: plan };
    }
    const { rollouts } = this.#parts;
    // Also after a restart of this process: what was started and has ended since is not started again.
    const wasStarted =
      this.#startedGeneration === generation || acceptedGeneration(object) === generation;
    if (!wasStarted || rollouts.get(name) === undefined) {
      const nowMs = this.#parts.clock.steadyMs();
      const last = this.#refusal;
      if (last?.generation === generation && nowMs - last.atMs < REFUSED_MS) {
        return last.told;
      }
      try {
        await rollouts.start(plan, `Rollout ${namespace}/${name}`);
      } catch (error) {
        const told = refusalOf(error);
        this.#refusal = { generation, atMs: nowMs, told };
        return told;
      }
    }
    this.#startedGeneration = generation;
    return { status: "True", reason: "Started", message: "the plan is carried out" };
  }

  #planOf(object: RolloutObject): Plan | string {
    const { generation } = object.metadata;
    if (this.#read?.generation !== generation) {
      this.#read = { generation, plan: planOfObject(object) };
    }
    return this.#read.plan;
  }

  /** Rolls back what is under way for the object, waits until that is in force, and lets go of the object. */
  async #remove(object: RolloutObject, signal: AbortSignal): Promise<void> {
    const { rollouts } = this.#parts;
    const { name, finalizers } = object.metadata;
    if (!finalizers.includes(FINALIZER)) {
      return;
    }
    const named = rollouts.get(name);
    const view = named !== undefined && this.#isOurs(object, named) ? named : undefined;
    const by = `Rollout ${object.metadata.namespace}/${name}`;
    const reason = "the Rollout object was deleted";
    if (view !== undefined && !isFinal(view.state)) {
      await rollouts.command(name, { kind: "rollback", by, reason }, undefined);
      return;
    }
    if (view !== undefined && !this.#isDone(object, view)) {
      return;
    }
    if (view !== undefined) {
      await rollouts.command(name, { kind: "delete", by, reason }, undefined);
    }
    const others = finalizers.filter((each) => each !== FINALIZER);
    await this.#setFinalizers(object, others, signal);
  }

  /** Whether the rollout of the object's name is carried out for it, also when the process ended before its status said so. */
  #isOurs(object: RolloutObject, view: RolloutView): boolean {
    const plan = this.#planOf(object);
    return (
      this.#startedGeneration !== undefined ||
      isCarriedBefore(object) ||
      (typeof plan !== "string" && canonicalPlan(plan) === canonicalPlan(view.plan))
    );
  }

  #isDone(
    { metadata: { deletionTimestamp = "" } }: RolloutObject,
    { inForce, traffic }: RolloutView,
  ): boolean {
    const isServed = inForce !== undefined && sameTraffic(inForce, traffic);
    return isServed || this.#parts.clock.wallMs() - Date.parse(deletionTimestamp) > LET_GO_MS;
  }

  async #tell(
    object: RolloutObject,
    { acceptance, view }: { acceptance: Acceptance; view: RolloutView | undefined },
    signal: AbortSignal,
  ): Promise<void> {
    const { clock } = this.#parts;
    const nowMs = clock.wallMs();
    const status = statusOf(object, acceptance, { view, nowMs });
    if (isSame(object.status, status) || clock.steadyMs() - this.#toldAtMs < STATUS_MS) {
      return;
    }
    this.#toldAtMs = clock.steadyMs();
    const answer = await this.#send(object, signal, {
      path: "/status",
      body: { type: "application/merge-patch+json", value: { status } },
    });
    this.#parts.adopt(answer);
    for (const news of newsOf(object.status, status)) {
      await this.#parts.cluster.send(eventCall(object, news, nowMs), signal);
    }
  }

  async #setFinalizers(
    object: RolloutObject,
    finalizers: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    const { resourceVersion } = object.metadata;
    const value = { metadata: { resourceVersion, finalizers } };
    const answer = await this.#send(object, signal, {
      path: "",
      body: { type: "application/merge-patch+json", value },
    });
    // One that is being deleted is gone without finalizers.
    if (finalizers.length > 0) {
      this.#parts.adopt(answer);
    }
  }

  async #send(
    { metadata: { namespace, name } }: RolloutObject,
    signal: AbortSignal,
    { path, body }: { readonly path: string; readonly body: NonNullable<KubeCall["body"]> },
  ): Promise<unknown> {
    const { cluster } = this.#parts;
    const collection = `/apis/understudy.dev/v1alpha1/namespaces/${namespace}/rollouts`;
    return await cluster.send(
      { method: "PATCH", path: `${collection}/${name}${path}`, query: FIELDS, body },
      signal,
    );
  }
}

/** Whether the object's status says that a rollout is carried out for it. */
function isCarriedBefore({ status }: RolloutObject): boolean {
  return typeof status?.phase === "string";
}

function acceptedGeneration({ status }: RolloutObject): number | undefined {
  const accepted = status?.conditions.find(({ type }) => type === "Accepted");
  return accepted?.status === "True" ? accepted.observedGeneration : undefined;
}

function refusalOf(error: unknown): Acceptance {
  if (!(error instanceof RequestError)) {
    throw error;
  }
  return error.code === "busy" || error.code === "unavailable"
    ? { status: "Unknown", reason: "Unavailable", message: error.message }
    : { status: "False", reason: "Refused", message: error.message };
}

/** Whether both say the same, but for when conditions came to be so. */
function isSame(before: ObjectStatus | undefined, now: ObjectStatus): boolean {
  return before !== undefined && timeless(before) === timeless(now);
}

function timeless(status: ObjectStatus): string {
  const { observedGeneration, phase, step, weight, verdict, reason, revision } = status;
  const conditions = status.conditions.map((each) => [
    each.type,
    each.status,
    each.reason,
    each.message,
    each.observedGeneration,
  ]);
  const said = [observedGeneration, phase, step, weight, verdict, reason, revision, conditions];
  return JSON.stringify(said);
}
