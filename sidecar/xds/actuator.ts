import type { Target } from "../core/target.ts";
import { sameTraffic, type Traffic } from "../core/traffic.ts";
import type {
  DiscoveryConnection,
  DiscoveryHub,
  DiscoveryStream,
  ResourceRef,
} from "../ports/discovery.ts";
import { type Actuator, ActuatorError, type Reading } from "../ports.ts";
import { Catalogue } from "./catalogue.ts";
import { Client } from "./client.ts";
import type { EnvoysDocument } from "./document.ts";

/** Told when what is in force for a rollout may have changed. */
type Reported = (rollout: string) => void;

/** One resource at one Envoy. */
type Place = { readonly client: Client; readonly ref: ResourceRef };

/**
 * Makes Envoys serve traffic that discover their routes or their runtime here, and serves them the configuration of the filter. What was applied last is what
 * every Envoy is offered, also those that come later.
 */
export class XdsActuator implements Actuator, DiscoveryHub {
  readonly #reported: Reported;
  readonly #catalogue: Catalogue;
  readonly #clients = new Set<Client>();
  #returnMs: number;
  /** Whether every Envoy that there is has had the time to connect. */
  #isComplete = false;
  #completing: NodeJS.Timeout | undefined;

  constructor(document: EnvoysDocument, reported: Reported) {
    this.#catalogue = new Catalogue(document);
    this.#returnMs = document.returnWithin;
    this.#reported = reported;
  }

  /** In force is what all Envoys have acknowledged that want a resource with the rollout, once each has had the time to connect. */
  async read({ rollout }: Target): Promise<Reading> {
    this.#versionsOf(rollout);
    const places = this.#places(rollout);
    const said = places.map(({ client, ref }) => client.serving(ref, rollout));
    const [first] = said;
    const isCommon =
      first !== undefined && said.every((each) => each !== undefined && sameTraffic(each, first));
    const generations = places.map(({ client, ref }) => client.generation(ref, rollout));
    return {
      inForce: this.#isComplete && isCommon ? first : undefined,
      generation: Math.max(0, ...generations),
      problem:
        places.length === 0
          ? "no Envoy that is connected wants a resource with the rollout"
          : places.map(refusal).find((each) => each !== undefined),
    };
  }

  /** What an Envoy has refused is offered to it once more, and rejects as `denied` with what it said. */
  async apply(target: Target, traffic: Traffic): Promise<void> {
    const { rollout, primary, candidate } = target;
    const versions = this.#versionsOf(rollout);
    const unlisted = [primary, candidate].find((version) => !versions.includes(version));
    if (unlisted !== undefined) {
      const text = `the rollout ${rollout} has no version ${unlisted} in the file of --xds`;
      throw new ActuatorError("missing", text);
    }
    const changed = this.#catalogue.want({ target, traffic });
    if (changed.length > 0) {
      this.#announce(changed);
      return;
    }
    const refused = this.#places(rollout).filter((place) => refusal(place) !== undefined);
    const [first] = refused.map(refusal);
    for (const { client, ref } of refused) {
      client.stream.changed(ref);
    }
    if (first !== undefined) {
      throw new ActuatorError("denied", first);
    }
  }

  /** Goes by another document from now on. Throws an Error, and goes on with the one before, when that lacks a version that has traffic. */
  replace(document: EnvoysDocument): void {
    const before = this.#catalogue.refs();
    this.#catalogue.replace(document);
    this.#returnMs = document.returnWithin;
    this.#announce([...before, ...this.#catalogue.refs()]);
  }

  connect(stream: DiscoveryStream): DiscoveryConnection {
    const client = new Client(stream, this.#catalogue);
    if (this.#clients.size === 0) {
      this.#awaitOthers();
    }
    this.#clients.add(client);
    return {
      wants: (ref, version) => {
        client.wants(ref, version);
        this.#report([ref]);
      },
      leaves: (ref) => {
        client.leaves(ref);
        this.#report([ref]);
      },
      offer: (ref) => client.offer(ref),
      accepted: (ref, version) => {
        client.accepted(ref, version);
        this.#report([ref]);
      },
      rejected: (ref, version, why) => {
        client.rejected(ref, version, why);
        this.#report([ref]);
      },
      close: () => {
        this.#clients.delete(client);
        this.#report(this.#catalogue.refs());
      },
    };
  }

  #versionsOf(rollout: string): readonly string[] {
    const versions = this.#catalogue.versionsOf(rollout);
    if (versions === undefined) {
      throw new ActuatorError("missing", `the file of --xds lists no rollout ${rollout}`);
    }
    return versions;
  }

  #places(rollout: string): readonly Place[] {
    return [...this.#clients].flatMap((client) =>
      client.carrying(rollout).map((ref) => ({ client, ref })),
    );
  }

  /** Whoever wants one of these is told that it is another now. */
  #announce(refs: readonly ResourceRef[]): void {
    for (const ref of refs) {
      for (const { stream } of this.#clients) {
        stream.changed(ref);
      }
    }
  }

  #report(refs: readonly ResourceRef[]): void {
    for (const rollout of new Set(refs.flatMap((ref) => this.#catalogue.rolloutsOf(ref)))) {
      this.#reported(rollout);
    }
  }

  #awaitOthers(): void {
    this.#isComplete = false;
    clearTimeout(this.#completing);
    this.#completing = setTimeout(() => {
      this.#isComplete = true;
      this.#report(this.#catalogue.refs());
    }, this.#returnMs);
    this.#completing.unref();
  }
}

function refusal({ client, ref }: Place): string | undefined {
  const why = client.refusal(ref);
  return why === undefined
    ? undefined
    : `refused by the Envoy ${client.stream.envoy}: ${why || "it did not say why"}`;
}
