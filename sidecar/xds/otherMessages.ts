import { google, understudy } from "#proto";
import { ALL_BP, type BasisPoints } from "../core/traffic.ts";
import type { FilterDocument } from "./document.ts";
import type { Split } from "./split.ts";

const wire = understudy.xds;

const WASM = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm";
const STRING = "type.googleapis.com/google.protobuf.StringValue";
/** The id that the filter's module knows its root contexts by. */
const ROOT_ID = "understudy";

/**
 * Writes Envoy's Runtime: for every version of a rollout `understudy.ROLLOUT.VERSION`, the share of requests that a route with that key in its `runtime_fraction`
 * is to take, and `understudy.ROLLOUT.VERSION.shadow`, that of copies. Envoy holds one number for a request against every route in turn, so that routes in the
 * order of the document get their shares when the last of a rollout's two takes whatever comes to it.
 */
export function encodeLayer(name: string, splits: ReadonlyMap<string, Split>): Uint8Array {
  const fields = [...splits].flatMap(([rollout, split]) =>
    keysOf(split).map(([key, bp]): [string, google.protobuf.Value.$Properties] => [
      `understudy.${rollout}.${key}`,
      fraction(bp),
    ]),
  );
  return wire.Runtime.encode({ name, layer: { fields: Object.fromEntries(fields) } }).finish();
}

function keysOf({ shares, copies }: Split): readonly [string, BasisPoints][] {
  const last = shares.findLast(({ bp }) => bp > 0);
  return shares.flatMap((share): [string, BasisPoints][] => [
    [share.version, share === last ? ALL_BP : share.bp],
    [`${share.version}.shadow`, share.version === copies?.version ? copies.bp : 0],
  ]);
}

function fraction(bp: BasisPoints): google.protobuf.Value.$Properties {
  const numerator = { numberValue: bp };
  return { structValue: { fields: { numerator, denominator: { stringValue: "TEN_THOUSAND" } } } };
}

/** Writes the configuration of our filter as Envoy's TypedExtensionConfig. */
export function encodeFilter(document: FilterDocument): Uint8Array {
  const { name, module, failurePolicy, configuration } = document;
  const text = google.protobuf.StringValue.encode({ value: JSON.stringify(configuration) });
  const wasm = wire.Wasm.encode({
    config: {
      name,
      rootId: ROOT_ID,
      failurePolicy: wire.FailurePolicy[`FAILURE_POLICY_${failurePolicy}`],
      vmConfig: { runtime: "envoy.wasm.runtime.v8", code: { local: { filename: module } } },
      configuration: { typeUrl: STRING, value: text.finish() },
    },
  });
  return wire.TypedExtensionConfig.encode({
    name,
    typedConfig: { typeUrl: WASM, value: wasm.finish() },
  }).finish();
}
