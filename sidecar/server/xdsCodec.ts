import { understudy } from "#proto";
import { RESOURCE_KINDS, type ResourceKind, type ServedResource } from "../ports/discovery.ts";
import { printable } from "./printable.ts";

const wire = understudy.xds;

/** What an Envoy says in one message, whichever of the two protocols it speaks. */
export type Ask = {
  /** "" when it does not say again. */
  readonly node: string;
  /** Undefined for what the sidecar does not serve. */
  readonly kind: ResourceKind | undefined;
  readonly typeUrl: string;
  /** Of the response that it answers; "" when it answers none. */
  readonly nonce: string;
  /** Why it refuses that response, fit for people; undefined when it does not. */
  readonly refused: string | undefined;
  readonly interest: Interest;
  /** The versions that it has of resources, told in the first message about a kind. */
  readonly known: ReadonlyMap<string, string>;
};

/** Which resources it wants: all names, or what is other than before. */
export type Interest =
  | { readonly kind: "whole"; readonly names: readonly string[] }
  | {
      readonly kind: "change";
      readonly added: readonly string[];
      readonly left: readonly string[];
    };

/** What an Envoy is sent. */
export type Reply = {
  readonly kind: ResourceKind;
  readonly nonce: string;
  readonly resources: readonly ServedResource[];
  /** Names of what there is not (delta only). */
  readonly absent: readonly string[];
  /** The versions that the Envoy has once it has taken this, of all names. */
  readonly versions: ReadonlyMap<string, string>;
};

const TYPES: Readonly<Record<ResourceKind, string>> = {
  route: "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
  runtime: "type.googleapis.com/envoy.service.runtime.v3.Runtime",
  filter: "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig",
};

/** Reads a DiscoveryRequest; undefined for garbage. */
export function decodeWholeAsk(buffer: Uint8Array): Ask | undefined {
  return attempt(() => {
    const request = wire.DiscoveryRequest.decode(buffer);
    return {
      ...common(request),
      interest: { kind: "whole", names: request.resourceNames ?? [] },
      known: parseVersions(request.versionInfo ?? ""),
    };
  });
}

/** Reads a DeltaDiscoveryRequest; undefined for garbage. */
export function decodeDeltaAsk(buffer: Uint8Array): Ask | undefined {
  return attempt(() => {
    const request = wire.DeltaDiscoveryRequest.decode(buffer);
    return {
      ...common(request),
      interest: {
        kind: "change",
        added: request.resourceNamesSubscribe ?? [],
        left: request.resourceNamesUnsubscribe ?? [],
      },
      known: new Map(Object.entries(request.initialResourceVersions ?? {})),
    };
  });
}

/** Writes a DiscoveryResponse. Its version tells that of every resource, so that an Envoy that comes back says what it has. */
export function encodeWholeReply(reply: Reply): Buffer {
  const { kind, nonce, resources, versions } = reply;
  const response = wire.DiscoveryResponse.encode({
    versionInfo: formatVersions(versions),
    typeUrl: TYPES[kind],
    nonce,
    resources: resources.map(({ content }) => ({ typeUrl: TYPES[kind], value: content })),
  });
  return Buffer.from(response.finish());
}

/** Writes a DeltaDiscoveryResponse. */
export function encodeDeltaReply(reply: Reply): Buffer {
  const { kind, nonce, resources, absent } = reply;
  const response = wire.DeltaDiscoveryResponse.encode({
    typeUrl: TYPES[kind],
    nonce,
    resources: resources.map(({ name, version, content }) => ({
      name,
      version,
      resource: { typeUrl: TYPES[kind], value: content },
    })),
    removedResources: [...absent],
  });
  return Buffer.from(response.finish());
}

type Request = {
  readonly node?: understudy.xds.Node.$Properties | null;
  readonly typeUrl?: string | null;
  readonly responseNonce?: string | null;
  readonly errorDetail?: understudy.xds.Status.$Properties | null;
};

function common(request: Request): Pick<Ask, "node" | "kind" | "typeUrl" | "nonce" | "refused"> {
  const { errorDetail } = request;
  const typeUrl = request.typeUrl ?? "";
  return {
    node: request.node?.id ?? "",
    kind: RESOURCE_KINDS.find((kind) => TYPES[kind] === typeUrl),
    typeUrl,
    nonce: request.responseNonce ?? "",
    refused: errorDetail == null ? undefined : printable(errorDetail.message ?? ""),
  };
}

/** As `name=version` by blanks; names as in URLs, so that any may be told apart. */
function formatVersions(versions: ReadonlyMap<string, string>): string {
  return [...versions].map(([name, version]) => `${encodeURIComponent(name)}=${version}`).join(" ");
}

/** Nothing is known from the version of another server. */
function parseVersions(text: string): ReadonlyMap<string, string> {
  const pairs = text.split(" ").flatMap((pair): [string, string][] => {
    const at = pair.indexOf("=");
    return at < 0 ? [] : [[pair.slice(0, at), pair.slice(at + 1)]];
  });
  return (
    attempt(() => new Map(pairs.map(([name, version]) => [decodeURIComponent(name), version]))) ??
    new Map()
  );
}

function attempt<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
