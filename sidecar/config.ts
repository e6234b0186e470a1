import { parseArgs } from "node:util";
import { type Address, isLoopback, parseAddress } from "./address.ts";

/** What the sidecar is started with. */
export type Config = {
  readonly grpc: Address;
  readonly http: Address;
  /** Where rollouts are kept; undefined keeps them in memory. */
  readonly storePath: string | undefined;
  /** The file that says who is told; undefined tells nobody. */
  readonly alertsPath: string | undefined;
};

/** Every key of the configuration, as a flag of `serve`. */
export const CONFIG_KEYS = [
  { flag: "grpc", default: "127.0.0.1:50051", meaning: "address of filters and callers, loopback" },
  { flag: "http", default: "127.0.0.1:9464", meaning: "address of /metrics, /healthz and /readyz" },
  {
    flag: "store",
    default: "understudy.sqlite",
    meaning: "file that rollouts are kept in; memory: nowhere, they end with the process",
  },
  { flag: "alerts", default: "", meaning: "file that says who is told of what happens" },
] as const;

/** Reads the flags of `serve`: the configuration, or every problem as `flag: what was given: what is allowed`. */
export function parseConfig(
  args: readonly string[],
): { readonly config: Config } | { readonly problems: readonly string[] } {
  const flags = parseFlags(args);
  if (typeof flags === "string") {
    return { problems: [flags] };
  }
  const problems: string[] = [];
  const grpc = addressOf("grpc", flags.grpc, problems);
  const http = addressOf("http", flags.http, problems);
  if (grpc === undefined || http === undefined || problems.length > 0) {
    return { problems };
  }
  const storePath = flags.store === "memory" ? undefined : flags.store;
  const alertsPath = flags.alerts === "" ? undefined : flags.alerts;
  return { config: { grpc, http, storePath, alertsPath } };
}

type Flags = Readonly<Record<(typeof CONFIG_KEYS)[number]["flag"], string>>;

function parseFlags(args: readonly string[]): Flags | string {
  const options = Object.fromEntries(
    CONFIG_KEYS.map((key) => [key.flag, { type: "string" as const, default: key.default }]),
  );
  try {
    const { values } = parseArgs({ args: [...args], options, allowPositionals: false });
    return { grpc: "", http: "", store: "", alerts: "", ...values };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function addressOf(flag: string, text: string, problems: string[]): Address | undefined {
  const address = parseAddress(text);
  if (address === undefined) {
    problems.push(`--${flag}: ${text}: an address such as 127.0.0.1:50051 or [::1]:50051`);
  } else if (!isLoopback(address)) {
    problems.push(
      `--${flag}: ${text}: a loopback address (127.0.0.1, [::1], localhost): whoever reaches this port can move traffic, and ` +
        "callers are not authenticated yet; run the sidecar beside Envoy, or put a proxy with mutual TLS before it",
    );
  }
  return address;
}
