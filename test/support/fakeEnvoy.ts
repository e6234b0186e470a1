import { understudy } from "#proto";
import type { DiscoveryHub, ResourceKind } from "../../sidecar/ports/discovery.ts";
import type { Ask, Reply } from "../../sidecar/server/xdsCodec.ts";
import { Topic, type XdsProtocol } from "../../sidecar/server/xdsTopic.ts";

/** An Envoy that wants resources of one kind, and answers at once what it is sent. */
export type FakeEnvoy = {
  /** What it was sent, in order. */
  readonly replies: readonly Reply[];
  /** The versions that it has, as it would say them when it comes back. */
  readonly has: ReadonlyMap<string, string>;
  /** Refuses what it is sent from now on, saying why; undefined takes it. */
  refuse(why: string | undefined): void;
  /** Leaves what it is sent unanswered from now on. */
  keepSilent(): void;
  /** Answers the last reply, or one before it. */
  answer(nonce: string, why?: string): void;
  /** Wants these names from now on. */
  want(names: readonly string[]): void;
  close(): void;
};

/** How a fake Envoy comes. */
export type FakeEnvoyOptions = {
  readonly name?: string;
  readonly kind?: ResourceKind;
  readonly protocol?: XdsProtocol;
  readonly names?: readonly string[];
  /** The versions that it had before. */
  readonly had?: ReadonlyMap<string, string>;
};

const NOTHING: ReadonlyMap<string, string> = new Map();

/** Connects one to what serves it; it wants the routes `front` unless said otherwise. */
export function connectEnvoy(hub: DiscoveryHub, options: FakeEnvoyOptions = {}): FakeEnvoy {
  const { name = "edge-1", kind = "route", protocol = "whole", had = NOTHING } = options;
  const { names = ["front"] } = options;
  const has = new Map(had);
  const replies: Reply[] = [];
  const state = { isSilent: false, why: undefined as string | undefined, names };
  const connection = hub.connect({
    envoy: name,
    changed: (ref) => ref.kind === kind && topic.changed(ref.name),
  });
  const ask = (nonce: string, more: Partial<Ask> = {}): void =>
    topic.take({
      node: name,
      kind,
      typeUrl: "",
      nonce,
      refused: undefined,
      interest:
        protocol === "whole"
          ? { kind: "whole", names: state.names }
          : { kind: "change", added: [], left: [] },
      known: NOTHING,
      ...more,
    });
  const answer = (nonce: string, why?: string): void => {
    const reply = replies.find((each) => each.nonce === nonce);
    for (const resource of why === undefined ? (reply?.resources ?? []) : []) {
      has.set(resource.name, resource.version);
    }
    ask(nonce, { refused: why });
  };
  const topic = new Topic({
    kind,
    protocol,
    connection,
    send: (reply) => {
      replies.push(reply);
      if (!state.isSilent) {
        answer(reply.nonce, state.why);
      }
    },
    answered: () => undefined,
  });
  const wanting = { kind: "change", added: names, left: [] } as const;
  ask("", { known: had, ...(protocol === "delta" && { interest: wanting }) });
  return {
    replies,
    has,
    refuse: (why) => {
      state.why = why;
    },
    keepSilent: () => {
      state.isSilent = true;
    },
    answer,
    want: (wanted) => {
      const { names: before } = state;
      state.names = wanted;
      const added = wanted.filter((each) => !before.includes(each));
      const left = before.filter((each) => !wanted.includes(each));
      ask(
        replies.at(-1)?.nonce ?? "",
        protocol === "delta" ? { interest: { kind: "change", added, left } } : {},
      );
    },
    close: () => connection.close(),
  };
}

/** The weights of a rollout's route in what an Envoy was sent last, by cluster; undefined when it was sent nothing. */
export function weightsOf(
  envoy: FakeEnvoy,
  rollout: string,
): Readonly<Record<string, number>> | undefined {
  const content = envoy.replies.at(-1)?.resources[0]?.content;
  if (content === undefined) {
    return undefined;
  }
  const { virtualHosts } = understudy.xds.RouteConfiguration.decode(content);
  const route = virtualHosts?.[0]?.routes?.find(({ match }) => match?.prefix === `/${rollout}/`);
  const clusters = route?.route?.weightedClusters?.clusters ?? [];
  return Object.fromEntries(
    clusters.map(({ name, weight }) => [name ?? "", weight?.value ?? 0] as const),
  );
}
