import { openCluster } from "../kube/cluster.ts";
import type { Actuator } from "../ports.ts";
import { chooseHttpRoute, HTTP_ROUTES } from "./gatewayApi.ts";
import { chooseVirtualService, VIRTUAL_SERVICES } from "./istio.ts";
import { KubeRoutesActuator } from "./kubeRoutes.ts";
import type { NamedObjectsParts } from "./namedObjects.ts";

/** The actuators of a cluster's control planes. */
export type ControlPlanes = {
  readonly byKind: { readonly istio?: Actuator; readonly gatewayApi?: Actuator };
  /** Ends what they watch; resolves when nothing of it is left. */
  stop(): Promise<void>;
};

/** Those of the cluster of a kubeconfig, `cluster` for the one that the process runs in; none without one. Rejects with KubeError. */
export async function openControlPlanes(
  source: string | undefined,
  parts: Omit<NamedObjectsParts, "kind" | "cluster"> & { readonly filters: Actuator },
): Promise<ControlPlanes> {
  if (source === undefined) {
    return { byKind: {}, stop: async () => undefined };
  }
  const here = { ...parts, cluster: await openCluster(source) };
  const istio = new KubeRoutesActuator({
    ...here,
    kind: VIRTUAL_SERVICES,
    choose: chooseVirtualService,
  });
  const gatewayApi = new KubeRoutesActuator({
    ...here,
    kind: HTTP_ROUTES,
    choose: chooseHttpRoute,
  });
  return {
    byKind: { istio, gatewayApi },
    stop: async () => {
      await Promise.all([istio.stop(), gatewayApi.stop()]);
    },
  };
}
