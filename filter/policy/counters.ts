import { DropReason } from "./drops";

/** Everything the filter counts; Envoy shows each as `wasmcustom.understudy.<name>`. */
export enum Counter {
  RequestsPrimary = 0,
  RequestsCandidate = 1,
  RequestsUnmatched = 2,
  RequestsOverridden = 3,
  OverridesRefused = 4,
  RequestsUnkeyed = 5,
  RequestsTrustedShadow = 6,
  HeadersStripped = 7,
  RequestsTimedOut = 8,
  ShadowsSent = 9,
  ShadowsAnswered = 10,
  ShadowsFailed = 11,
  Observations = 12,
  Pairs = 13,
  Batches = 14,
  StreamsOpened = 15,
  StreamsFailed = 16,
  TrafficTaken = 17,
  TrafficRefused = 18,
  MessagesMalformed = 19,
  ConfigurationsRefused = 20,
  /** The first of the drops, which stand in the order of `DropReason`. */
  DropsFirst = 21,
}

const NAMES: string[] = [
  "requests_primary",
  "requests_candidate",
  "requests_unmatched",
  "requests_overridden",
  "overrides_refused",
  "requests_unkeyed",
  "requests_trusted_shadow",
  "headers_stripped",
  "requests_timed_out",
  "shadows_sent",
  "shadows_answered",
  "shadows_failed",
  "observations",
  "pairs",
  "batches",
  "streams_opened",
  "streams_failed",
  "traffic_taken",
  "traffic_refused",
  "messages_malformed",
  "configurations_refused",
  "drops_no_credit",
  "drops_no_sidecar",
  "drops_queue_full",
  "drops_shadow_in_flight",
  "drops_shadow_rate",
  "drops_shadow_body_bytes",
  "drops_captured_bytes",
  "drops_shadow_refused",
  "drops_streaming",
  "drops_client_reset",
  "drops_headers",
];

/** How many counters there are. */
export const COUNTERS: i32 = 32;

/** A counter's full name. */
export function counterName(counter: i32): string {
  return `understudy.${NAMES[counter]}`;
}

/** The counter of a drop reason. */
export function dropCounter(reason: DropReason): i32 {
  return Counter.DropsFirst + reason - 1;
}
