import type { ActuatorChoice, ObjectName } from "../core/plan/actuatorChoice.ts";
import type { Target } from "../core/target.ts";
import type { Traffic } from "../core/traffic.ts";
import { type Actuator, ActuatorError, type Reading } from "../ports.ts";
import { type Asked, NamedObjects, type NamedObjectsParts } from "./namedObjects.ts";
import { VARIANT_HEADER } from "./routeView.ts";
import { RouteWeights, viewOf } from "./routeWeights.ts";

/** What a plan says of an object with routes. */
export type RoutesChoice = {
  readonly object: ObjectName;
  /** The destination of each variant, with `{version}` in it. */
  readonly destination: string;
  /** The route that has the weights; undefined where the filter splits. */
  readonly route: string | number | undefined;
};

/** What the actuator needs of its surroundings. */
export type KubeRoutesParts = NamedObjectsParts & {
  /** What writes traffic where the filter splits. */
  readonly filters: Actuator;
  /** What a plan says; undefined for a plan that chose something else. */
  readonly choose: (choice: ActuatorChoice | undefined) => RoutesChoice | undefined;
};

/**
 * Writes the weights of one route of an object by JSON patches that are refused when what they were made from has changed. Server-side apply can't do that here:
 * these lists of routes have one owner as a whole. Where the filter splits, filters write the traffic, and the object is only looked at: a route must match the
 * header of the variant that gets requests.
 */
export class KubeRoutesActuator implements Actuator {
  readonly #parts: KubeRoutesParts;
  readonly #objects: NamedObjects;
  readonly #weights: RouteWeights;

  constructor(parts: KubeRoutesParts) {
    this.#parts = parts;
    this.#objects = new NamedObjects(parts);
    this.#weights = new RouteWeights(parts.kind, this.#objects);
  }

  /** Ends what is watched; resolves when nothing of it is left. */
  async stop(): Promise<void> {
    await this.#objects.stop();
  }

  async read(target: Target, signal: AbortSignal): Promise<Reading> {
    const chosen = this.#chosen(target);
    const asked = this.#asked(target, chosen);
    if (chosen.route !== undefined) {
      const claimed = { target, route: chosen.route, ...destinationsOf(target, chosen) };
      return await this.#weights.read({ asked, claimed }, signal);
    }
    const reading = await this.#parts.filters.read(target, signal);
    const problem = reading.problem ?? (await this.#looked(target, asked, signal))?.message;
    return { ...reading, problem };
  }

  async apply(target: Target, traffic: Traffic, signal: AbortSignal): Promise<void> {
    const chosen = this.#chosen(target);
    const asked = this.#asked(target, chosen);
    if (chosen.route !== undefined) {
      const claimed = { target, route: chosen.route, ...destinationsOf(target, chosen) };
      await this.#weights.write({ asked, claimed }, traffic, signal);
      return;
    }
    // Whatever keeps the routes from being looked at must not keep users from going back to the primary, nor a rollout from going on.
    const found = traffic.candidateBp === 0 ? undefined : await this.#looked(target, asked, signal);
    if (found?.code === "missing") {
      throw found;
    }
    await this.#parts.filters.apply(target, traffic, signal);
  }

  /** Why the object's routes would not send the candidate's requests to it; undefined when they would. */
  async #looked(
    { candidate }: Target,
    asked: Asked,
    signal: AbortSignal,
  ): Promise<ActuatorError | undefined> {
    const { kind } = this.#parts;
    try {
      const { routes, refusal } = viewOf(kind, await this.#objects.read(asked, signal));
      const named = `${kind.noun} ${asked.namespace}/${asked.name}`;
      if (!routes.some(({ versions }) => versions.includes(candidate))) {
        const message = `${named}: no route matches ${VARIANT_HEADER}: ${candidate}, which the filter sets`;
        return new ActuatorError("missing", message);
      }
      return refusal === undefined
        ? undefined
        : new ActuatorError("unreachable", `${named}: ${refusal}`);
    } catch (error) {
      if (error instanceof ActuatorError) {
        return error;
      }
      throw error;
    }
  }

  #chosen(target: Target): RoutesChoice {
    const chosen = this.#parts.choose(target.actuator);
    if (chosen === undefined) {
      throw new ActuatorError("missing", `the plan names no ${this.#parts.kind.noun}`);
    }
    return chosen;
  }

  #asked({ rollout }: Target, { object }: RoutesChoice): Asked {
    const namespace = object.namespace ?? this.#parts.cluster.namespace;
    return { namespace, name: object.name, rollout };
  }
}

function destinationsOf(
  target: Target,
  { destination }: RoutesChoice,
): { readonly primary: string; readonly candidate: string } {
  return {
    primary: destination.replace("{version}", target.primary),
    candidate: destination.replace("{version}", target.candidate),
  };
}
