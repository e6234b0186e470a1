import { mkdir, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { type Environment, run } from "../../sidecar/envoy/run.ts";
import type { Binaries } from "./binaries.ts";
import { Child } from "./child.ts";
import { freePorts } from "./freePorts.ts";

/** Who may ask the API server, by a token of the same name. */
export type User = "admin" | "understudy" | "stranger";

/** A real control plane on loopback. */
export type ControlPlane = {
  readonly kubeApiserver: Child;
  readonly istiod: Child;
  /** Where Envoys ask istiod. */
  readonly xdsPort: number;
  readonly istiodHttpPort: number;
  /** The kubeconfig of a user. */
  readonly kubeconfig: (user: User) => string;
  readonly kubectlPath: string;
  /** Runs kubectl, as the admin unless said otherwise; returns what it printed. Rejects when it fails. */
  readonly kubectl: (args: readonly string[], user?: User) => Promise<string>;
  readonly stop: () => Promise<void>;
};

const KUBECTL_MS_MAX = 60_000;
const MESH_CONFIG = "mesh.yaml";

/** Starts etcd, kube-apiserver with Istio's and the Gateway API's definitions, and istiod, all in a folder. */
export async function startControlPlane(binaries: Binaries, folder: string): Promise<ControlPlane> {
  const [etcdPort, peerPort, apiPort, xdsPort, httpPort, httpsPort, monitoringPort, zPort] =
    await freePorts(8);
  const env: Environment = { PATH: process.env.PATH, HOME: folder };
  const etcd = etcdOf({ binaries, folder, env, port: etcdPort, peerPort });
  await writeKeys(folder, env);
  const kubeconfig = await writeKubeconfigs(folder, apiPort);
  const kubectl = async (args: readonly string[], user: User = "admin"): Promise<string> => {
    const asked = [binaries.kubectl, "--kubeconfig", kubeconfig(user), ...args] as const;
    const { exitCode, output } = await run(asked, { env, timeoutMs: KUBECTL_MS_MAX });
    if (exitCode !== 0) {
      throw new Error(`kubectl ${args.join(" ")}: ${output}`);
    }
    return output;
  };
  const kubeApiserver = apiserverOf({ binaries, folder, env, port: apiPort, etcdPort });
  const istiod = istiodOf(
    { binaries, folder, env, port: xdsPort },
    { kubeconfig: kubeconfig("admin"), httpPort, httpsPort, monitoringPort, zPort },
  );
  await writeFile(join(folder, MESH_CONFIG), "enableTracing: false\nenableAutoMtls: false\n");
  await etcd.start();
  await kubeApiserver.start();
  await define(binaries, kubectl);
  await istiod.start();
  return {
    kubeApiserver,
    istiod,
    xdsPort,
    istiodHttpPort: httpPort,
    kubeconfig,
    kubectlPath: binaries.kubectl,
    kubectl,
    stop: async () => {
      await Promise.all([istiod.stop(), kubeApiserver.stop()]);
      await etcd.stop();
    },
  };
}

type Place = {
  readonly binaries: Binaries;
  readonly folder: string;
  readonly env: Environment;
  readonly port: number;
};

function etcdOf({
  binaries,
  folder,
  env,
  port,
  peerPort,
}: Place & { readonly peerPort: number }): Child {
  const client = `http://127.0.0.1:${port}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  return new Child({
    name: "etcd",
    folder,
    env,
    command: [
      binaries.etcd,
      ...["--data-dir", join(folder, "etcd"), "--unsafe-no-fsync", "--log-level", "warn"],
      ...["--listen-client-urls", client, "--advertise-client-urls", client],
      ...["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer],
      ...["--initial-cluster", `default=${peer}`],
    ],
    isReady: () => answers(`${client}/health`),
  });
}

function apiserverOf({
  binaries,
  folder,
  env,
  port,
  etcdPort,
}: Place & { readonly etcdPort: number }): Child {
  return new Child({
    name: "kube-apiserver",
    folder,
    env,
    command: [
      binaries.kubeApiserver,
      ...["--etcd-servers", `http://127.0.0.1:${etcdPort}`, "--cert-dir", join(folder, "certs")],
      ...["--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1"],
      ...["--secure-port", `${port}`, "--service-cluster-ip-range", "10.96.0.0/24"],
      ...["--service-account-issuer", "https://kubernetes.default.svc.cluster.local"],
      ...["--service-account-key-file", "sa.pub", "--service-account-signing-key-file", "sa.key"],
      ...["--token-auth-file", "tokens.csv", "--authorization-mode", "RBAC"],
      // There is nobody here who makes service accounts, endpoints and quotas of requests.
      ...["--disable-admission-plugins", "ServiceAccount", "--endpoint-reconciler-type", "none"],
      ...["--enable-priority-and-fairness=false", "--profiling=false"],
    ],
    isReady: () => isApiReady(port),
  });
}

type IstiodPlace = {
  readonly kubeconfig: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly monitoringPort: number;
  readonly zPort: number;
};

function istiodOf({ binaries, folder, env, port }: Place, place: IstiodPlace): Child {
  return new Child({
    name: "istiod",
    folder,
    env: {
      ...env,
      // Envoys of the official build lack the filters that Istio's own has.
      ...{ PILOT_ENABLE_ALPN_FILTER: "false", PILOT_ENABLE_METADATA_EXCHANGE: "false" },
      ...{ INJECTION_WEBHOOK_CONFIG_NAME: "", VALIDATION_WEBHOOK_CONFIG_NAME: "" },
      ...{ POD_NAMESPACE: "istio-system", POD_NAME: "istiod-0", CLUSTER_ID: "Kubernetes" },
    },
    command: [
      binaries.istiod,
      ...["discovery", "--kubeconfig", place.kubeconfig, "--meshConfig", MESH_CONFIG],
      ...["--networksConfig", "none.yaml", "--secureGRPCAddr", ""],
      ...["--grpcAddr", `127.0.0.1:${port}`, "--httpAddr", `127.0.0.1:${place.httpPort}`],
      ...["--httpsAddr", `127.0.0.1:${place.httpsPort}`],
      ...["--monitoringAddr", `127.0.0.1:${place.monitoringPort}`],
      ...["--ctrlz_port", `${place.zPort}`],
    ],
    isReady: () => answers(`http://127.0.0.1:${place.httpPort}/ready`),
  });
}

async function writeKeys(folder: string, env: Environment): Promise<void> {
  const key = join(folder, "sa.key");
  const made = [
    ["openssl", "genrsa", "-out", key, "2048"],
    ["openssl", "rsa", "-in", key, "-pubout", "-out", join(folder, "sa.pub")],
  ] as const;
  for (const command of made) {
    const { exitCode, output } = await run(command, { env, timeoutMs: KUBECTL_MS_MAX });
    if (exitCode !== 0) {
      throw new Error(`${command.join(" ")}: ${output}`);
    }
  }
}

async function writeKubeconfigs(folder: string, port: number): Promise<(user: User) => string> {
  const users: readonly User[] = ["admin", "understudy", "stranger"];
  const groupOf = (user: User): string => (user === "admin" ? "system:masters" : "");
  const tokens = users.map((user) => `token-of-${user},${user},${user},${groupOf(user)}`);
  await writeFile(join(folder, "tokens.csv"), `${tokens.join("\n")}\n`);
  await mkdir(join(folder, "kubeconfigs"));
  const pathOf = (user: User): string => join(folder, "kubeconfigs", user);
  for (const user of users) {
    const cluster = { server: `https://127.0.0.1:${port}`, "insecure-skip-tls-verify": true };
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "mesh", cluster }],
      users: [{ name: user, user: { token: `token-of-${user}` } }],
      contexts: [{ name: user, context: { cluster: "mesh", user, namespace: "shop" } }],
      "current-context": user,
    };
    await writeFile(pathOf(user), JSON.stringify(config));
  }
  return pathOf;
}

async function define({ definitions }: Binaries, kubectl: ControlPlane["kubectl"]): Promise<void> {
  for (const file of definitions) {
    await kubectl(["apply", "--server-side", "-f", file]);
  }
  await kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"]);
  for (const namespace of ["istio-system", "shop"]) {
    await kubectl(["create", "namespace", namespace]);
  }
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(url).catch(() => undefined);
  await response?.body?.cancel();
  return response?.ok ?? false;
}

/** The certificate is the server's own, made a moment ago. */
function isApiReady(port: number): Promise<boolean> {
  const headers = { authorization: "Bearer token-of-admin" };
  return new Promise((resolve) => {
    const asked = request(
      { host: "127.0.0.1", port, path: "/readyz", headers, rejectUnauthorized: false },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    asked.on("error", () => resolve(false));
    asked.end();
  });
}
