import type {
  DiscoveryConnection,
  ResourceKind,
  ResourceRef,
  ServedResource,
} from "../ports/discovery.ts";
import type { Ask, Interest, Reply } from "./xdsCodec.ts";

/** State of the world, or incremental. */
export type XdsProtocol = "whole" | "delta";

/** What a stream's interest in one kind of resources needs. */
export type TopicParts = {
  readonly kind: ResourceKind;
  readonly protocol: XdsProtocol;
  readonly connection: DiscoveryConnection;
  readonly send: (reply: Reply) => void;
  /** Told when the Envoy has answered what it was sent: why it refused it, or undefined when it took it. */
  readonly answered: (names: readonly string[], why: string | undefined) => void;
};

/** What is known of one resource at the Envoy. */
type Entry = {
  /** The version that it serves, as far as is known. */
  has: string | undefined;
  /** Whether it is to be sent even the version that it has. */
  isDue: boolean;
  /** The version that it refused last. */
  refused: string | undefined;
  isToldAbsent: boolean;
};

const NOTHING: ReadonlyMap<string, string> = new Map();

type Pending = { readonly nonce: string; readonly sent: readonly ServedResource[] };

/**
 * What one Envoy wants of one kind, and what it was sent: the rules of xDS for versions and nonces, the same for state of the world and delta. One response is
 * under way at a time; what changes meanwhile goes into the next one, so that what waits is bounded by what is wanted.
 */
export class Topic {
  readonly #parts: TopicParts;
  readonly #entries = new Map<string, Entry>();
  #responses = 0;
  #pending: Pending | undefined;

  constructor(parts: TopicParts) {
    this.#parts = parts;
  }

  /** How many resources are wanted. */
  get size(): number {
    return this.#entries.size;
  }

  /** Takes a message about this kind. One that answers an older response than the last changes nothing but what is wanted, and only as delta. */
  take(ask: Ask): void {
    const isStale = ask.nonce !== "" && ask.nonce !== String(this.#responses);
    if (isStale && ask.interest.kind === "whole") {
      return;
    }
    if (!isStale && ask.nonce === this.#pending?.nonce) {
      this.#settle(this.#pending, ask.refused);
    }
    this.#follow(ask.interest, ask.nonce === "" ? ask.known : NOTHING);
    this.flush();
  }

  /** Looks at the resource again; a version that was refused is sent once more. */
  changed(name: string): void {
    const entry = this.#entries.get(name);
    if (entry !== undefined) {
      entry.refused = undefined;
      entry.isToldAbsent = false;
      this.flush();
    }
  }

  /** Sends what the Envoy lacks, unless it has yet to answer what it was sent last. */
  flush(): void {
    if (this.#pending !== undefined) {
      return;
    }
    const resources: ServedResource[] = [];
    const absent: string[] = [];
    for (const [name, entry] of this.#entries) {
      const offered = this.#parts.connection.offer(this.#ref(name));
      if (offered !== undefined && isLacking(entry, offered.version)) {
        resources.push(offered);
      }
      if (offered === undefined && this.#isToBeTold(entry)) {
        entry.isToldAbsent = true;
        absent.push(name);
      }
    }
    if (resources.length > 0 || absent.length > 0) {
      this.#send(resources, absent);
    }
  }

  /** In delta an Envoy waits for what there is not until it is told so; state of the world has no words for that. */
  #isToBeTold({ has, isToldAbsent }: Entry): boolean {
    return this.#parts.protocol === "delta" && has === undefined && !isToldAbsent;
  }

  #send(sent: readonly ServedResource[], absent: readonly string[]): void {
    this.#responses += 1;
    const nonce = String(this.#responses);
    this.#pending = { nonce, sent };
    const { kind } = this.#parts;
    const had = [...this.#entries].flatMap(([name, { has }]): [string, string][] =>
      has === undefined ? [] : [[name, has]],
    );
    const versions = new Map([
      ...had,
      ...sent.map(({ name, version }): [string, string] => [name, version]),
    ]);
    this.#parts.send({ kind, nonce, resources: sent, absent, versions });
  }

  #settle({ sent }: Pending, refused: string | undefined): void {
    this.#pending = undefined;
    for (const { name, version } of sent) {
      const entry = this.#entries.get(name);
      if (entry !== undefined) {
        entry.isDue = false;
        entry.refused = refused === undefined ? undefined : version;
      }
      if (entry !== undefined && refused === undefined) {
        entry.has = version;
        this.#parts.connection.accepted(this.#ref(name), version);
      } else if (entry !== undefined && refused !== undefined) {
        this.#parts.connection.rejected(this.#ref(name), version, refused);
      }
    }
    const names = sent.map(({ name }) => name);
    this.#parts.answered(names, refused);
  }

  #follow(interest: Interest, known: ReadonlyMap<string, string>): void {
    const isWhole = interest.kind === "whole";
    const left = isWhole
      ? [...this.#entries.keys()].filter((name) => !interest.names.includes(name))
      : interest.left;
    for (const name of left) {
      if (this.#entries.delete(name)) {
        this.#parts.connection.leaves(this.#ref(name));
      }
    }
    // In delta, who asks again for what it wants already is to be sent it again.
    const added = isWhole
      ? interest.names.filter((name) => !this.#entries.has(name))
      : interest.added;
    for (const name of added) {
      const has = known.get(name);
      // The version of a state of the world may be about names that were dropped since.
      this.#entries.set(name, { has, isDue: isWhole, refused: undefined, isToldAbsent: false });
      this.#parts.connection.wants(this.#ref(name), has);
    }
  }

  #ref(name: string): ResourceRef {
    return { kind: this.#parts.kind, name };
  }
}

function isLacking({ has, isDue, refused }: Entry, version: string): boolean {
  return version !== refused && (isDue || version !== has);
}
