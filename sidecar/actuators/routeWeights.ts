import { sameTraffic, type Traffic } from "../core/traffic.ts";
import type { KubeObject } from "../kube/objectWatch.ts";
import { ActuatorError, type Reading } from "../ports.ts";
import type { Asked, NamedObjects } from "./namedObjects.ts";
import { type Claimed, readClaim } from "./routeClaim.ts";
import { type PatchOperation, routePatch } from "./routePatch.ts";
import type { RoutesKind, RoutesView } from "./routeView.ts";

/** A route of an object, and for whom. */
export type AskedRoute = { readonly asked: Asked; readonly claimed: Claimed };

/** How often a change is made anew from what somebody else wrote meanwhile. */
const TRIES_MAX = 4;

/** Reads and writes the weights of routes. Every method rejects only with ActuatorError. */
export class RouteWeights {
  readonly #kind: RoutesKind;
  readonly #objects: NamedObjects;

  constructor(kind: RoutesKind, objects: NamedObjects) {
    this.#kind = kind;
    this.#objects = objects;
  }

  /** In force is what the route's weights are, if they are those that were written, and the control plane takes them. */
  async read({ asked, claimed }: AskedRoute, signal: AbortSignal): Promise<Reading> {
    const view = viewOf(this.#kind, await this.#objects.read(asked, signal));
    const found = readClaim(view, claimed);
    switch (found.kind) {
      case "unclaimed":
        return { inForce: undefined, generation: 0, problem: undefined };
      case "trouble":
        return {
          inForce: undefined,
          generation: found.generation,
          problem: `${found.code}: ${this.#named(asked)}: ${found.message}`,
        };
      case "written": {
        const { refusal } = view;
        const { traffic, isCurrent } = found;
        return {
          inForce: isCurrent && refusal === undefined ? traffic : undefined,
          generation: traffic.generation,
          problem: refusal && `${this.#named(asked)}: ${refusal}`,
        };
      }
      default:
        return found satisfies never;
    }
  }

  /** Gives the route the traffic's weights, unless it has a greater generation. What somebody else did to it is left. */
  async write(
    { asked, claimed }: AskedRoute,
    traffic: Traffic,
    signal: AbortSignal,
  ): Promise<void> {
    let object = await this.#objects.known(asked, signal);
    if (readClaim(viewOf(this.#kind, object), claimed).kind === "trouble") {
      object = await this.#objects.fresh(asked, signal);
    }
    let refused = "";
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const patch = this.#patchOf({ asked, claimed }, traffic, object);
      if (patch.length === 0) {
        return;
      }
      const failure = await this.#objects.patch(asked, patch, signal);
      if (failure === undefined) {
        return;
      }
      if (failure.code === "invalid" && JSON.stringify(patch) === refused) {
        const message = `${this.#named(asked)}: ${failure.message}`;
        throw new ActuatorError("denied", message, { cause: failure });
      }
      refused = JSON.stringify(patch);
      object = await this.#objects.fresh(asked, signal);
    }
    throw new ActuatorError(
      "conflict",
      `${this.#named(asked)}: was changed by others ${TRIES_MAX} times while it was written`,
    );
  }

  /** Nothing when the route has what is asked for, or newer; throws when it is not ours to change. */
  #patchOf(
    { asked, claimed }: AskedRoute,
    traffic: Traffic,
    object: KubeObject,
  ): readonly PatchOperation[] {
    const view = viewOf(this.#kind, object);
    const found = readClaim(view, claimed);
    if (found.kind === "trouble") {
      throw new ActuatorError(found.code, `${this.#named(asked)}: ${found.message}`);
    }
    const isNewer = found.kind === "written" && found.traffic.generation > traffic.generation;
    const isDone =
      found.kind === "written" && found.isCurrent && sameTraffic(found.traffic, traffic);
    return isNewer || isDone ? [] : routePatch(view, claimed, traffic);
  }

  #named({ namespace, name }: Asked): string {
    return `${this.#kind.noun} ${namespace}/${name}`;
  }
}

/** The object's routes; throws when it is laid out as none of its kind. */
export function viewOf(kind: RoutesKind, object: KubeObject): RoutesView {
  const view = kind.view(object);
  if (view === undefined) {
    const { namespace, name } = object.metadata;
    throw new ActuatorError("missing", `${kind.noun} ${namespace}/${name} has no routes`);
  }
  return view;
}
