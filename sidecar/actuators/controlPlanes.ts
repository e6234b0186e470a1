import type { Cluster } from "../kube/cluster.ts";
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

/** Those of a cluster; none without one. */
export function controlPlanesOf(
  cluster: Cluster | undefined,
  parts: Omit<NamedObjectsParts, "kind" | "cluster"> & { readonly filters: Actuator },
): ControlPlanes {
  if (cluster === undefined) {
    return { byKind: {}, stop: async () => undefined };
  }
  const here = { ...parts, cluster };
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
