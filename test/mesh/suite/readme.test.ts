import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { run } from "../../../sidecar/envoy/run.ts";
import { seatAudience, userNames } from "../../support/audience.ts";
import { until } from "../../support/until.ts";
import { asking, openShop, sidecarIn } from "../openShop.ts";
import { meshTest, type Rig } from "../rig.ts";
import { gatewayShop } from "../shop.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const MODULE = join(ROOT, "build/filter.wasm");
const COMMAND_MS_MAX = 150_000;
/** The filter's streams in a gateway of one worker. */
const STREAMS = 2;

/** The commands of the mesh's chapter, without those that make what is tested here. */
async function commandsOfReadme(): Promise<readonly string[]> {
  const text = await readFile(join(ROOT, "README.md"), "utf8");
  const chapter = /## In an Istio mesh\n.*?```sh\n(.*?)```/s.exec(text)?.[1] ?? "";
  const commands = chapter
    .trim()
    .split("\n")
    .map((line) => line.replace(/\s+#.*$/, ""));
  assert.equal(commands.length, 10);
  assert.equal(commands[0], "npm ci && npm run build");
  return commands.slice(1);
}

/** A folder as a user has it after `npm run build`, with kubectl. */
async function openFolder(
  rig: Rig,
  context: TestContext,
): Promise<{ readonly folder: string; readonly type: (command: string) => Promise<string> }> {
  const folder = await mkdtemp(join(tmpdir(), "understudy-readme-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  await cp(join(ROOT, "deploy"), join(folder, "deploy"), { recursive: true });
  await mkdir(join(folder, "build"));
  await cp(MODULE, join(folder, "build/filter.wasm"));
  await mkdir(join(folder, "bin"));
  await symlink(rig.kubectlPath, join(folder, "bin/kubectl"));
  const path = [join(folder, "bin"), dirname(process.execPath), process.env.PATH].join(":");
  const env = { PATH: path, HOME: folder, KUBECONFIG: rig.kubeconfig("admin") };
  const type = async (command: string): Promise<string> => {
    const shell = ["bash", "-c", `cd ${folder} && ${command}`] as const;
    const { exitCode, output } = await run(shell, { env, timeoutMs: COMMAND_MS_MAX });
    assert.equal(exitCode, 0, `${command}: ${output}`);
    assert.doesNotMatch(output, /Warning/, command);
    return output;
  };
  return { folder, type };
}

const deployment = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({
      spec: z.looseObject({ containers: z.array(z.looseObject({ args: z.array(z.string()) })) }),
    }),
  }),
});

/** Runs what the Deployment says, as a kubelet would, and gives the Service its endpoint. */
async function runPods(rig: Rig, context: TestContext): ReturnType<typeof sidecarIn> {
  const text = await rig.kubectl(["get", "deployment", "understudy", "-n", "shop", "-o", "json"]);
  const [container] = deployment.parse(JSON.parse(text)).spec.template.spec.containers;
  const [verb, ...args] = container?.args ?? [];
  assert.equal(verb, "serve");
  assert.deepEqual(args.slice(0, 4), [
    "--grpc=127.0.0.1:50051",
    "--http=127.0.0.1:9464",
    "--store=/var/lib/understudy/store.sqlite",
    "--kube=cluster",
  ]);
  const flags = args.slice(4).map((flag) => flag.replace("$(NAMESPACE)", "shop"));
  const sidecar = await sidecarIn(rig, context, { flags });
  const endpoint = {
    apiVersion: "networking.istio.io/v1",
    kind: "WorkloadEntry",
    metadata: { name: "understudy", namespace: "shop" },
    spec: {
      address: "127.0.0.1",
      ports: { "grpc-understudy": sidecar.grpcPort },
      labels: { app: "understudy" },
    },
  };
  await rig.apply([endpoint]);
  return sidecar;
}

/** Of Envoys that have no pod, that a gateway has no routes while there are none, and that one still asks for those of a port that it had in a test before. */
const OF_THE_RIG =
  /proxy service targets from metadata|Setting up a default 404 vhost|Gateway missing for route http\.\d+\.127\.0\.0\.1\./;

/** What istiod complains of in what was logged since. */
function complaints(rig: Rig, since: number): readonly string[] {
  const lines = rig.istiod.log().slice(since).split("\n");
  return lines.filter((line) => /\t(warn|error)\t/.test(line) && !OF_THE_RIG.test(line));
}

async function change(file: string, what: readonly (readonly [string, string])[]): Promise<void> {
  let text = await readFile(file, "utf8");
  for (const [from, to] of what) {
    assert.ok(text.includes(from), `${from} in ${file}`);
    text = text.replace(from, to);
  }
  await writeFile(file, text);
}

const IMAGE = "oci://registry.example.com/understudy-filter:0.1.0";
const SALT = "<- any text of 8 characters or more, kept secret";

meshTest(
  "README's ten commands take an Istio user to a first shadow, and back",
  async (rig, context) => {
    const commands = await commandsOfReadme();
    const shop = await openShop(rig, context, []);
    await rig.apply(gatewayShop({ ...shop.ports, service: 80 }));
    await rig.kubectl(["delete", "httproute", "--all", "--namespace", "shop"]);
    await rig.kubectl(["delete", "lease", "--all", "--namespace", "shop"]);
    const { folder, type } = await openFolder(rig, context);
    const users = asking(shop.anyone, "shop.example.com");
    const audience = seatAudience(users, userNames(50));
    context.after(() => audience.leave());
    const since = rig.istiod.log().length;
    const printed: string[] = [];
    const then: Readonly<Record<string, () => Promise<void>>> = {
      "cp -r deploy mesh": () =>
        change(join(folder, "mesh/components/wasmPlugin/wasmPlugin.yaml"), [
          [IMAGE, `file://${MODULE}`],
          [SALT, "salt of the shop"],
        ]),
      "kubectl apply -k mesh/example": async () => {
        const sidecar = await runPods(rig, context);
        await sidecar.connected(STREAMS);
      },
      "kubectl wait rollout/shop --namespace shop --for condition=InForce --timeout 2m":
        async () => {
          await until(() => shop.v2.shadows().length > 20, {
            deadlineMs: 30_000,
            what: "v2 gets copies",
          });
        },
    };
    for (const command of commands) {
      printed.push(await type(command));
      await then[command]?.();
    }
    const all = printed.join("\n");
    assert.match(all, /shop +progressing +1\/3 shadow 100% +0% +inconclusive +True/);
    assert.match(all, /Reason: +started by Rollout shop\/shop/);
    assert.match(all, /rollout\.understudy\.dev "shop" deleted/);
    assert.deepEqual(shop.v2.users(), []);
    assert.deepEqual(complaints(rig, since), []);
  },
);

const podMonitors = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "podmonitors.monitoring.coreos.com" },
  spec: {
    group: "monitoring.coreos.com",
    scope: "Namespaced",
    names: { kind: "PodMonitor", plural: "podmonitors" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
        },
      },
    ],
  },
};

meshTest(
  "the manifests of the Gateway API, the TrafficExtension and the PodMonitor are taken without a warning",
  async (rig, context) => {
    await openShop(rig, context, []);
    await rig.kubectl(["delete", "httproute", "--all", "--namespace", "shop"]);
    // A stand-in: of the operator of Prometheus there is nothing here.
    await rig.apply([podMonitors]);
    await rig.kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"]);
    const { folder, type } = await openFolder(rig, context);
    await change(join(folder, "deploy/components/trafficExtension/trafficExtension.yaml"), [
      [IMAGE, `file://${MODULE}`],
      [SALT, "salt of the shop"],
    ]);
    await mkdir(join(folder, "mine"));
    const parts = ["trafficExtension", "podMonitor"].map((name) => `../deploy/components/${name}`);
    const kustomization = {
      namespace: "shop",
      resources: ["../deploy/exampleGatewayApi"],
      components: parts,
    };
    await writeFile(join(folder, "mine/kustomization.yaml"), JSON.stringify(kustomization));
    const since = rig.istiod.log().length;
    const printed = await type("kubectl apply -k mine");
    for (const kind of ["httproute", "trafficextension", "podmonitor", "networkpolicy"]) {
      assert.match(
        printed,
        new RegExp(`${kind}.*/(shop|understudy) (created|configured|unchanged)`),
      );
    }
    await type("kubectl apply -f deploy/exampleGatewayApi/rollout.yaml");
    await rig.kubectl(["delete", "rollout", "--all", "--namespace", "shop"]);
    assert.deepEqual(complaints(rig, since), []);
  },
);
