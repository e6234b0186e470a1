import type { Endpoint } from "../outgoing/endpoint.ts";
import type { Clock } from "../ports.ts";

/** What every channel needs. */
export type ChannelParts = {
  readonly endpoint: Endpoint;
  readonly clock: Clock;
  /** Which sidecar tells, for receivers of several. */
  readonly source: string;
};
