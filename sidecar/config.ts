import { parseArgs } from "node:util";
import type { CertificatePaths } from "./access/certificates.ts";
import { type Address, isLoopback, parseAddress } from "./address.ts";

/** What the sidecar is started with. */
export type Config = {
  readonly grpc: Address;
  readonly http: Address;
  /** Where rollouts are kept; undefined keeps them in memory. */
  readonly storePath: string | undefined;
  /** The file that says who is told; undefined tells nobody. */
  readonly alertsPath: string | undefined;
  /** The file of what plans may have asked as gates; nothing when it is left out. */
  readonly hooksPath?: string;
  /** The file of models whose versions are tried; none when it is left out. */
  readonly modelsPath?: string;
  /** The file of those who may call; whoever reaches a port when it is left out. */
  readonly callersPath?: string;
  /** With what both ports speak TLS; in the clear when it is left out. */
  readonly tls?: CertificatePaths;
  /** The file of what Envoys discover; nothing when it is left out. */
  readonly xdsPath?: string;
  /** The cluster whose routes plans may name: a kubeconfig, or `cluster`; none when it is left out. */
  readonly kube?: string;
  /** The namespace there whose Rollout objects are carried out; none when it is left out. */
  readonly rolloutsIn?: string;
};

/** Every key of the configuration, as a flag of `serve`. */
export const CONFIG_KEYS = [
  { flag: "grpc", default: "127.0.0.1:50051", meaning: "address of filters and callers" },
  { flag: "http", default: "127.0.0.1:9464", meaning: "address of /metrics, /healthz and /readyz" },
  {
    flag: "store",
    default: "understudy.sqlite",
    meaning: "file that rollouts are kept in; memory: nowhere, they end with the process",
  },
  { flag: "alerts", default: "", meaning: "file that says who is told of what happens" },
  {
    flag: "hooks",
    default: "",
    meaning: "file of what plans may have asked before and after steps",
  },
  { flag: "models", default: "", meaning: "file of the models whose versions are tried" },
  { flag: "xds", default: "", meaning: "file of what Envoys discover: routes, runtime, filters" },
  { flag: "callers", default: "", meaning: "who may call, by token or certificate, and as what" },
  { flag: "tls-cert", default: "", meaning: "certificate of both ports, in PEM" },
  { flag: "tls-key", default: "", meaning: "its key" },
  {
    flag: "tls-client-ca",
    default: "",
    meaning: "authority of the certificates that clients of the gRPC port must have",
  },
  {
    flag: "kube",
    default: "",
    meaning:
      "cluster whose VirtualServices and HTTPRoutes plans may name: a kubeconfig, or cluster for the one that this runs in",
  },
  {
    flag: "rollouts",
    default: "",
    meaning: "namespace of that cluster whose Rollout objects are carried out",
  },
] as const;

type Flags = Readonly<Record<(typeof CONFIG_KEYS)[number]["flag"], string>>;

/** Reads the flags of `serve`: the configuration, or every problem as `flag: what was given: what is allowed`. */
export function parseConfig(
  args: readonly string[],
): { readonly config: Config } | { readonly problems: readonly string[] } {
  const flags = parseFlags(args);
  if (typeof flags === "string") {
    return { problems: [flags] };
  }
  const missing = missingForOthers(flags);
  const problems = [
    ...addressProblems("grpc", flags.grpc, missing),
    ...addressProblems("http", flags.http, missing),
    ...tlsProblems(flags),
    ...kubeProblems(flags),
  ];
  const grpc = parseAddress(flags.grpc);
  const http = parseAddress(flags.http);
  if (grpc === undefined || http === undefined || problems.length > 0) {
    return { problems };
  }
  const storePath = flags.store === "memory" ? undefined : flags.store;
  const alertsPath = flags.alerts === "" ? undefined : flags.alerts;
  return { config: { grpc, http, storePath, alertsPath, ...accessOf(flags), ...controlOf(flags) } };
}

function parseFlags(args: readonly string[]): Flags | string {
  const options = Object.fromEntries(
    CONFIG_KEYS.map((key) => [key.flag, { type: "string" as const, default: key.default }]),
  );
  try {
    const { values } = parseArgs({ args: [...args], options, allowPositionals: false });
    const none = { grpc: "", http: "", store: "", alerts: "", callers: "" };
    return {
      ...none,
      "tls-cert": "",
      "tls-key": "",
      "tls-client-ca": "",
      kube: "",
      xds: "",
      hooks: "",
      models: "",
      rollouts: "",
      ...values,
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function kubeProblems({ kube, rollouts }: Flags): readonly string[] {
  return rollouts !== "" && kube === ""
    ? [`--rollouts: ${rollouts}: only together with --kube, which says in which cluster`]
    : [];
}

function controlOf({
  hooks,
  kube,
  models,
  rollouts,
  xds,
}: Flags): Pick<Config, "hooksPath" | "kube" | "modelsPath" | "rolloutsIn" | "xdsPath"> {
  return {
    ...(rollouts === "" ? {} : { rolloutsIn: rollouts }),
    ...(models === "" ? {} : { modelsPath: models }),
    ...(hooks === "" ? {} : { hooksPath: hooks }),
    ...(kube === "" ? {} : { kube }),
    ...(xds === "" ? {} : { xdsPath: xds }),
  };
}

function accessOf(flags: Flags): Pick<Config, "callersPath" | "tls"> {
  const { callers, "tls-cert": cert, "tls-key": key, "tls-client-ca": clientCa } = flags;
  return {
    ...(callers === "" ? {} : { callersPath: callers }),
    ...(cert === "" ? {} : { tls: { cert, key, clientCa: clientCa || undefined } }),
  };
}

/** What must be given before others than this machine may reach a port. */
function missingForOthers(flags: Flags): string {
  const needed = ["callers", "tls-cert", "tls-key"] as const;
  const missing = needed.filter((flag) => flags[flag] === "");
  return missing.map((flag) => `--${flag}`).join(", ");
}

function addressProblems(flag: "grpc" | "http", text: string, missing: string): readonly string[] {
  const address = parseAddress(text);
  if (address === undefined) {
    return [`--${flag}: ${text}: an address such as 127.0.0.1:50051 or [::1]:50051`];
  }
  if (isLoopback(address) || missing === "") {
    return [];
  }
  return [
    `--${flag}: ${text}: a loopback address (127.0.0.1, [::1], localhost) while ${missing} is not given: whoever reaches this port ` +
      "could move traffic, and tokens would travel in the clear",
  ];
}

function tlsProblems(flags: Flags): readonly string[] {
  const { callers, "tls-cert": cert, "tls-key": key, "tls-client-ca": clientCa } = flags;
  const problems = [];
  if ((cert === "") !== (key === "")) {
    const [given, other] = cert === "" ? ["key", "cert"] : ["cert", "key"];
    problems.push(`--tls-${given}: ${cert || key}: only together with --tls-${other}`);
  }
  if (clientCa !== "" && cert === "") {
    problems.push(`--tls-client-ca: ${clientCa}: only together with --tls-cert and --tls-key`);
  }
  if (clientCa !== "" && callers === "") {
    problems.push(
      `--tls-client-ca: ${clientCa}: only together with --callers, which says who may do what by which certificate`,
    );
  }
  return problems;
}
