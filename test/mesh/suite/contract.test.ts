import { testActuator } from "../../support/actuatorContract.ts";
import { httpRoute, kubeActuator, virtualService, withWeights } from "../../support/kubeRoutes.ts";
import { sharedRig, whyNot } from "../rig.ts";

const shop = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "shop", namespace: "shop" },
  spec: { ports: [{ port: 29_080 }] },
};

for (const [kind, object] of [
  ["istio", virtualService],
  ["gatewayApi", httpRoute],
] as const) {
  testActuator({
    name: `${kind} on a real API server`,
    skip: whyNot,
    make: async (context) => {
      const rig = await sharedRig();
      const all = ["virtualservices,httproutes", "--all", "--namespace", "shop"];
      await rig.kubectl(["delete", ...all]);
      const services = ["shop-v1", "shop-v2"].map((name) => ({
        ...shop,
        metadata: { ...shop.metadata, name },
      }));
      await rig.apply([shop, ...services, object()]);
      const { actuator } = await kubeActuator(context, kind, rig.kubeconfig("admin"));
      return withWeights(actuator, kind);
    },
  });
}
