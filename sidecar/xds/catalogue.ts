import { sameTarget } from "../core/target.ts";
import { sameTraffic } from "../core/traffic.ts";
import type { ResourceKind, ResourceRef, ServedResource } from "../ports/discovery.ts";
import type { EnvoysDocument, RouteConfigurationDocument } from "./document.ts";
import { encodeFilter, encodeLayer } from "./otherMessages.ts";
import { encodeRoutes } from "./routeMessage.ts";
import { splitOf, type Wanted } from "./split.ts";
import { versionOf } from "./version.ts";

/** A resource with what it carries. */
export type CarryingResource = ServedResource & {
  /** By rollout: what it asks for there; undefined before there is a rollout of that name. */
  readonly carried: ReadonlyMap<string, Wanted | undefined>;
};

/** A text for a resource and no other. */
export function keyOf({ kind, name }: ResourceRef): string {
  return `${kind} ${name}`;
}

/** Names of the rollouts that a route configuration divides. */
export function rolloutsIn({
  virtual_hosts: hosts,
}: RouteConfigurationDocument): readonly string[] {
  const named = hosts.flatMap(({ routes }) => routes.map(({ route }) => route?.rollout));
  return [...new Set(named.filter((rollout) => rollout !== undefined))];
}

/** Every resource: what the file of Envoys says, with the traffic that the rollouts in it ask for. */
export class Catalogue {
  #document: EnvoysDocument;
  readonly #wanted = new Map<string, Wanted>();
  readonly #built = new Map<string, CarryingResource>();

  constructor(document: EnvoysDocument) {
    this.#document = document;
  }

  /** Names of the versions of a rollout; undefined when the file does not list it. */
  versionsOf(rollout: string): readonly string[] | undefined {
    const found = this.#document.rollouts.find(({ name }) => name === rollout);
    return found?.versions.map(({ name }) => name);
  }

  wanted(rollout: string): Wanted | undefined {
    return this.#wanted.get(rollout);
  }

  /** Resources that there are. */
  refs(): readonly ResourceRef[] {
    const { routes, runtime, filters } = this.#document;
    const of = (kind: ResourceKind, named: readonly { readonly name: string }[]) =>
      named.map(({ name }) => ({ kind, name }));
    return [...of("route", routes), ...of("runtime", runtime), ...of("filter", filters)];
  }

  /** Names of the rollouts that a resource carries. */
  rolloutsOf({ kind, name }: ResourceRef): readonly string[] {
    const { routes, runtime } = this.#document;
    switch (kind) {
      case "route": {
        const found = routes.find((each) => each.name === name);
        return found === undefined ? [] : rolloutsIn(found);
      }
      case "runtime":
        return runtime.find((each) => each.name === name)?.rollouts ?? [];
      case "filter":
        return [];
      default:
        return kind satisfies never;
    }
  }

  /** The resource as it is to be served; undefined when there is none. */
  resource(ref: ResourceRef): CarryingResource | undefined {
    const key = keyOf(ref);
    const built = this.#built.get(key) ?? this.#build(ref);
    if (built !== undefined) {
      this.#built.set(key, built);
    }
    return built;
  }

  /** Sets what a rollout asks for; returns the resources that are others now. */
  want(wanted: Wanted): readonly ResourceRef[] {
    const { rollout } = wanted.target;
    const before = this.#wanted.get(rollout);
    if (
      before !== undefined &&
      sameTarget(before.target, wanted.target) &&
      sameTraffic(before.traffic, wanted.traffic)
    ) {
      return [];
    }
    this.#wanted.set(rollout, wanted);
    const changed = this.refs().filter((ref) => this.rolloutsOf(ref).includes(rollout));
    for (const ref of changed) {
      this.#built.delete(keyOf(ref));
    }
    return changed;
  }

  /** Goes by another document from now on. Throws an Error, and goes on with the one before, when that lacks a version that has traffic. */
  replace(document: EnvoysDocument): void {
    for (const { target } of this.#wanted.values()) {
      const listed = document.rollouts.find(({ name }) => name === target.rollout)?.versions;
      for (const version of [target.primary, target.candidate]) {
        if (listed?.every(({ name }) => name !== version)) {
          throw new Error(`the rollout ${target.rollout} needs its version ${version} in the list`);
        }
      }
    }
    this.#document = document;
    this.#built.clear();
  }

  #build(ref: ResourceRef): CarryingResource | undefined {
    const content = this.#contentOf(ref);
    if (content === undefined) {
      return undefined;
    }
    const carried = new Map(
      this.rolloutsOf(ref).map((rollout) => [rollout, this.#wanted.get(rollout)]),
    );
    const generations = new Map(
      [...carried].map(([rollout, wanted]) => [rollout, wanted?.traffic.generation ?? 0]),
    );
    return { name: ref.name, content, version: versionOf(content, generations), carried };
  }

  #contentOf({ kind, name }: ResourceRef): Uint8Array | undefined {
    const { routes, runtime, filters } = this.#document;
    switch (kind) {
      case "route": {
        const found = routes.find((each) => each.name === name);
        return found && encodeRoutes(found, (rollout) => this.#splitOf(rollout));
      }
      case "runtime": {
        const found = runtime.find((each) => each.name === name);
        const splits = found?.rollouts.map((rollout) => [rollout, this.#splitOf(rollout)] as const);
        return splits && encodeLayer(name, new Map(splits));
      }
      case "filter": {
        const found = filters.find((each) => each.name === name);
        return found && encodeFilter(found);
      }
      default:
        return kind satisfies never;
    }
  }

  #splitOf(rollout: string): ReturnType<typeof splitOf> {
    const found = this.#document.rollouts.find(({ name }) => name === rollout);
    return found === undefined
      ? { shares: [], copies: undefined }
      : splitOf(found, this.#wanted.get(rollout));
  }
}
