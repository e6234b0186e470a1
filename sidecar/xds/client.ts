import type { Traffic } from "../core/traffic.ts";
import type { DiscoveryStream, ResourceRef } from "../ports/discovery.ts";
import { type CarryingResource, type Catalogue, keyOf } from "./catalogue.ts";
import { generationsIn } from "./version.ts";

/** What an Envoy has of a resource. */
type Held = {
  readonly version: string;
  /** What it carries, when it is from this process, or equal. */
  readonly resource: CarryingResource | undefined;
  /** By rollout. */
  readonly generations: ReadonlyMap<string, number>;
};

type Interest = {
  readonly ref: ResourceRef;
  held: Held | undefined;
  offered: CarryingResource | undefined;
  refused: { readonly version: string; readonly why: string } | undefined;
};

/** One stream of an Envoy: what it wants, has, and has refused. */
export class Client {
  readonly stream: DiscoveryStream;
  readonly #catalogue: Catalogue;
  readonly #interests = new Map<string, Interest>();

  constructor(stream: DiscoveryStream, catalogue: Catalogue) {
    this.stream = stream;
    this.#catalogue = catalogue;
  }

  wants(ref: ResourceRef, version: string | undefined): void {
    const held = version === undefined ? undefined : this.#heldOf(ref, version);
    this.#interests.set(keyOf(ref), { ref, held, offered: undefined, refused: undefined });
  }

  leaves(ref: ResourceRef): void {
    this.#interests.delete(keyOf(ref));
  }

  /** Nothing while the Envoy has newer traffic of a rollout in it: an older copy of the store must not take it back. */
  offer(ref: ResourceRef): CarryingResource | undefined {
    const resource = this.#catalogue.resource(ref);
    const interest = this.#interests.get(keyOf(ref));
    if (resource === undefined || interest === undefined) {
      return undefined;
    }
    for (const [rollout, wanted] of resource.carried) {
      const held = interest.held?.generations.get(rollout) ?? 0;
      if (held > (wanted?.traffic.generation ?? 0)) {
        return undefined;
      }
    }
    interest.offered = resource;
    return resource;
  }

  accepted(ref: ResourceRef, version: string): void {
    const interest = this.#interests.get(keyOf(ref));
    if (interest !== undefined) {
      interest.held = this.#heldOf(ref, version, interest.offered);
      interest.refused = undefined;
    }
  }

  rejected(ref: ResourceRef, version: string, why: string): void {
    const interest = this.#interests.get(keyOf(ref));
    if (interest !== undefined) {
      interest.refused = { version, why };
    }
  }

  /** Resources that it wants and that carry the rollout. */
  carrying(rollout: string): readonly ResourceRef[] {
    const refs = [...this.#interests.values()].map(({ ref }) => ref);
    return refs.filter((ref) => this.#catalogue.rolloutsOf(ref).includes(rollout));
  }

  /** What it serves of the rollout by that resource; undefined while that is not known. */
  serving(ref: ResourceRef, rollout: string): Traffic | undefined {
    return this.#interests.get(keyOf(ref))?.held?.resource?.carried.get(rollout)?.traffic;
  }

  /** Generation of the rollout's traffic that it is known to have by that resource; 0 for none. */
  generation(ref: ResourceRef, rollout: string): number {
    return this.#interests.get(keyOf(ref))?.held?.generations.get(rollout) ?? 0;
  }

  /** Why it refused what the resource is now, if it did. */
  refusal(ref: ResourceRef): string | undefined {
    const refused = this.#interests.get(keyOf(ref))?.refused;
    return refused?.version === this.#catalogue.resource(ref)?.version ? refused?.why : undefined;
  }

  #heldOf(ref: ResourceRef, version: string, offered?: CarryingResource): Held {
    const present = this.#catalogue.resource(ref);
    const resource = [offered, present].find((each) => each?.version === version);
    return { version, resource, generations: generationsIn(version) };
  }
}
