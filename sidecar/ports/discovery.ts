/** What Envoys discover from the sidecar: route configurations (RDS), layers of the runtime (RTDS) and configurations of filters (ECDS). */
export const RESOURCE_KINDS = ["route", "runtime", "filter"] as const;
/** A kind of resource. */
export type ResourceKind = (typeof RESOURCE_KINDS)[number];

/** A resource as it is served. */
export type ServedResource = {
  readonly name: string;
  /** Of its content, and of the generations of the rollouts in it. */
  readonly version: string;
  /** The message that its kind is, in protobuf. */
  readonly content: Uint8Array;
};

/** Whose resource it is. */
export type ResourceRef = { readonly kind: ResourceKind; readonly name: string };

/** An Envoy's stream as what serves it resources sees it. */
export interface DiscoveryStream {
  /** Which Envoy it is in, for people. */
  readonly envoy: string;
  /** A resource that it wants is another now, or is to be offered again: `offer` says what is to be sent. */
  changed(ref: ResourceRef): void;
}

/** Where streams of Envoys are announced. */
export interface DiscoveryHub {
  connect(stream: DiscoveryStream): DiscoveryConnection;
}

/** One stream's side of the hub. */
export interface DiscoveryConnection {
  /** The Envoy wants the resource from now on; it had that version when it came, if any. */
  wants(ref: ResourceRef, version: string | undefined): void;
  /** It does not want it any more. */
  leaves(ref: ResourceRef): void;
  /** What it is to have; undefined when there is no such resource, or when it has newer traffic than is known here. */
  offer(ref: ResourceRef): ServedResource | undefined;
  /** It has taken the version, and serves it. */
  accepted(ref: ResourceRef, version: string): void;
  /** It has refused the version, and serves what it had. */
  rejected(ref: ResourceRef, version: string, why: string): void;
  close(): void;
}
