import { createHash } from "node:crypto";
import {
  access,
  constants,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  statfs,
  writeFile,
} from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Environment, lastLine, run } from "../../sidecar/envoy/run.ts";

/** The real control plane, as files: what is run, and the definitions of Istio's and the Gateway API's objects. */
export type Binaries = {
  readonly etcd: string;
  readonly kubeApiserver: string;
  readonly istiod: string;
  readonly kubectl: string;
  /** Files for `kubectl apply`. */
  readonly definitions: readonly [istio: string, gatewayApi: string];
};

/** Where they are, or why they can't be had on this machine. */
export type Found = { readonly binaries: Binaries } | { readonly missing: string };

const module = fileURLToPath(new URL(".", import.meta.url));
const PACKAGES = [
  "go.etcd.io/etcd/server/v3",
  "k8s.io/kubernetes/cmd/kube-apiserver",
  "k8s.io/kubernetes/cmd/kubectl",
  "istio.io/istio/pilot/cmd/pilot-discovery",
] as const;
/** kube-apiserver reads its version from there; without one it offers no API. */
const LINKED =
  "-s -w -X k8s.io/component-base/version.gitVersion=v1.36.3 -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=36";
/** Modules (1 GB) and compiled packages (3.6 GB, gone afterwards), with some room. */
const FREE_BYTES = 7e9;
const BUILD_TIMEOUT_MS = 5_400_000;
const QUESTION_TIMEOUT_MS = 120_000;

/** Finds them in the per-user cache, where they are built first if need be: once for each version of Go and of what says how. */
export async function findBinaries(env: Environment, say: (line: string) => void): Promise<Found> {
  const version = await run(["go", "env", "GOVERSION"], { env, timeoutMs: QUESTION_TIMEOUT_MS });
  if (version.exitCode !== 0) {
    return { missing: "there is no `go` to build etcd, kube-apiserver and istiod with" };
  }
  const cache = join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), ".cache"), "understudy");
  const folder = join(cache, `mesh-${await keyOf(version.output.trim())}`);
  const binaries = inFolder(folder);
  if (!(await isThere(binaries.istiod))) {
    await mkdir(cache, { recursive: true });
    const { bavail, bsize } = await statfs(cache);
    if (bavail * bsize < FREE_BYTES) {
      return { missing: `building the control plane needs ${FREE_BYTES / 1e9} GB in ${cache}` };
    }
    await build(folder, env, say);
  }
  return { binaries };
}

async function keyOf(goVersion: string): Promise<string> {
  const hash = createHash("sha256").update(goVersion);
  for (const name of ["go.mod", "go.sum", "binaries.ts"]) {
    hash.update(await readFile(join(module, name)));
  }
  return hash.digest("hex").slice(0, 16);
}

function inFolder(folder: string): Binaries {
  return {
    etcd: join(folder, "server"),
    kubeApiserver: join(folder, "kube-apiserver"),
    istiod: join(folder, "pilot-discovery"),
    kubectl: join(folder, "kubectl"),
    definitions: [join(folder, "istio.yaml"), join(folder, "gateway-api.yaml")],
  };
}

/** Builds in a folder beside, which gets its name when all is in it; its compiled packages go in any case. */
async function build(
  folder: string,
  inherited: Environment,
  say: (line: string) => void,
): Promise<void> {
  const began = performance.now();
  const scratch = await mkdtemp(`${folder}.`);
  const made = join(scratch, "made");
  const env = { ...inherited, CGO_ENABLED: "0", GOGC: "400", GOCACHE: join(scratch, "packages") };
  say("mesh: building etcd, kube-apiserver, kubectl and istiod, once: about 10 minutes");
  try {
    const target = ["-trimpath", "-ldflags", LINKED, "-o", `${made}/`];
    await go(["build", ...target, ...PACKAGES], env, BUILD_TIMEOUT_MS);
    const istio = await go(["list", "-m", "-f", "{{.Dir}}", "istio.io/istio"], env);
    const gateway = await go(["list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/gateway-api"], env);
    const [istioYaml, gatewayYaml] = inFolder(made).definitions;
    await joinFiles([join(istio, "manifests/charts/base/files/crd-all.gen.yaml")], istioYaml);
    const standard = join(gateway, "config/crd/standard");
    await joinFiles(
      (await readdir(standard)).map((name) => join(standard, name)),
      gatewayYaml,
    );
    await rename(made, folder);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  say(`mesh: built in ${Math.round((performance.now() - began) / 1000)} s into ${folder}`);
}

/** Runs `go` in the module that pins what is built; rejects with what it said last. */
async function go(
  args: readonly string[],
  env: Environment,
  timeoutMs: number = QUESTION_TIMEOUT_MS,
): Promise<string> {
  const command = ["nice", "-n", "19", "go", "-C", module, ...args] as const;
  const { exitCode, output } = await run(command, { env, timeoutMs });
  if (exitCode !== 0) {
    throw new Error(`go ${args[0]} failed: ${lastLine(output)}\n${output}`);
  }
  return lastLine(output);
}

async function joinFiles(paths: readonly string[], target: string): Promise<void> {
  const texts = await Promise.all(paths.map((path) => readFile(path, "utf8")));
  await writeFile(target, texts.join("\n---\n"));
}

async function isThere(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
