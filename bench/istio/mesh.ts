import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findEnvoy } from "../../sidecar/envoy/find.ts";
import { startEnvoy } from "../../sidecar/envoy/start.ts";
import { findBinaries } from "../../test/mesh/binaries.ts";
import { type ControlPlane, startControlPlane } from "../../test/mesh/controlPlane.ts";
import { freePorts } from "../../test/mesh/freePorts.ts";
import { proxyBootstrap } from "../../test/mesh/proxy.ts";
import { istioShop } from "../../test/mesh/shop.ts";
import { endWithThisProcess } from "../../test/support/orphans.ts";
import { type RoutesDump, weightIn } from "./weights.ts";

/** Namespace of everything, as test/mesh has it. */
export const NAMESPACE = "shop";

/** A kubeconfig as test/mesh writes it: one cluster, one user. */
type Kubeconfig = {
  readonly clusters: readonly [{ readonly cluster: { readonly server: string } }];
  readonly users: readonly [{ readonly user: { readonly token: string } }];
};

/** The control plane of test/mesh, and an Envoy at its gateway. */
export type Mesh = {
  /** The file, and what is in it, of who may do everything. */
  readonly kubeconfig: string;
  readonly server: string;
  readonly token: string;
  /** The weight of version v2 that the gateway's Envoy has for the host of a VirtualService. */
  readonly weightAt: (virtualService: string) => Promise<number | undefined>;
  readonly stop: () => Promise<void>;
};

/** Starts it all with these VirtualServices of two versions, each of its own host. Rejects with the reason where that can't be had. */
export async function startMesh(virtualServices: readonly string[]): Promise<Mesh> {
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  const found = await findBinaries(process.env, say);
  if ("missing" in found) {
    throw new Error(found.missing);
  }
  const envoy = await findEnvoy({ env: process.env, say });
  const folder = await mkdtemp(join(tmpdir(), "understudy-bench-"));
  const stops = [() => rm(folder, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0).reverse()) {
      await each();
    }
  };
  try {
    const plane = await startControlPlane(found.binaries, folder);
    stops.push(() => plane.stop());
    await putObjects(plane, folder, virtualServices);
    const gateway = await startEnvoy({
      path: envoy.path,
      workers: 1,
      bootstrap: proxyBootstrap({
        ...{ xdsPort: plane.xdsPort, role: "router", name: "gateway", address: "127.0.0.5" },
        labels: { istio: "ingressgateway" },
      }),
    });
    endWithThisProcess(gateway.pid);
    stops.push(() => gateway.stop());
    const kubeconfig = plane.kubeconfig("admin");
    const { clusters, users }: Kubeconfig = JSON.parse(await readFile(kubeconfig, "utf8"));
    return {
      kubeconfig,
      server: clusters[0].cluster.server,
      token: users[0].user.token,
      weightAt: (name) => weightAt(gateway.adminPort, name),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function putObjects(
  plane: ControlPlane,
  folder: string,
  virtualServices: readonly string[],
): Promise<void> {
  const [gateway, service, v1, v2] = await freePorts(4);
  const items = [...istioShop({ gateway, service, v1, v2 }), ...virtualServices.map(weighted)];
  const file = join(folder, "objects.json");
  await writeFile(file, JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  await plane.kubectl(["apply", "--server-side", "-f", file]);
}

function weighted(name: string): object {
  const destination = (subset: string, weight: number) => ({
    destination: { host: "app.mesh.local", subset },
    weight,
  });
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name, namespace: NAMESPACE },
    spec: {
      hosts: [hostOf(name)],
      gateways: ["gateway"],
      http: [{ name: "main", route: [destination("v1", 99), destination("v2", 1)] }],
    },
  };
}

function hostOf(virtualService: string): string {
  return `${virtualService}.mesh.local`;
}

async function weightAt(adminPort: number, virtualService: string): Promise<number | undefined> {
  const query = "config_dump?resource=dynamic_route_configs";
  const response = await fetch(`http://127.0.0.1:${adminPort}/${query}`);
  const dump: RoutesDump = JSON.parse(await response.text());
  return weightIn(dump, hostOf(virtualService), "v2");
}
