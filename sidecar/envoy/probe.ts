import { type Environment, lastLine, run } from "./run.ts";

/** What a file that may be an Envoy turned out to be. */
export type Probe =
  | { readonly kind: "usable"; readonly version: string }
  | { readonly kind: "without-v8"; readonly version: string }
  | { readonly kind: "broken"; readonly reason: string };

const PROBE_TIMEOUT_MS = 20_000;

// The smallest module that a proxy-wasm host takes: one page of memory, `malloc` and the mark of ABI 0.2.1.
const SMALLEST_MODULE =
  "AGFzbQEAAAABCQJgAX8Bf2AAAAMDAgABBQMBAAEHLQMGbWVtb3J5AgAGbWFsbG9jAAAXcHJveHlfYWJpX3ZlcnNpb25fMF8yXzEAAQoKAgUAQYAICwIACw==";

const typed = (type: string): { readonly "@type": string } => ({
  "@type": `type.googleapis.com/envoy.extensions.${type}`,
});

const PROBE_CONFIG = JSON.stringify({
  static_resources: {
    listeners: [
      {
        name: "probe",
        address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
        filter_chains: [
          {
            filters: [
              {
                name: "http",
                typed_config: {
                  ...typed("filters.network.http_connection_manager.v3.HttpConnectionManager"),
                  stat_prefix: "probe",
                  route_config: {},
                  http_filters: [
                    {
                      name: "wasm",
                      typed_config: {
                        ...typed("filters.http.wasm.v3.Wasm"),
                        config: {
                          vm_config: {
                            runtime: "envoy.wasm.runtime.v8",
                            code: { local: { inline_bytes: SMALLEST_MODULE } },
                          },
                        },
                      },
                    },
                    { name: "router", typed_config: typed("filters.http.router.v3.Router") },
                  ],
                },
              },
            ],
          },
        ],
      },
    ],
  },
});

/**
 * Tells whether a file is an Envoy that runs wasm modules, by letting it load one (about 100 ms, no port, no traffic). Some builds of Envoy carry no V8 and say
 * so only then.
 */
export async function probeEnvoy(path: string, env: Environment): Promise<Probe> {
  const options = { env, timeoutMs: PROBE_TIMEOUT_MS };
  const named = await run([path, "--version"], options);
  const version = /version: \w+\/([^/\s]+)\//.exec(named.output)?.[1];
  if (named.exitCode !== 0 || version === undefined) {
    return { kind: "broken", reason: `it is no Envoy that runs here (${lastLine(named.output)})` };
  }
  const loaded = await run(
    [path, "--mode", "validate", "--log-level", "warn", "--config-yaml", PROBE_CONFIG],
    options,
  );
  if (loaded.exitCode === 0) {
    return { kind: "usable", version };
  }
  return loaded.output.includes("compiled without support for it")
    ? { kind: "without-v8", version }
    : { kind: "broken", reason: `it loads no wasm module (${lastLine(loaded.output)})` };
}
