import { MemoryActuator } from "../../sidecar/actuators/memory.ts";
import { XdsActuator } from "../../sidecar/xds/actuator.ts";
import { testActuator } from "../support/actuatorContract.ts";
import { completeActuator, connectFilter } from "../support/connectedFilter.ts";
import { envoysDocument } from "../support/envoysDocument.ts";
import { connectEnvoy } from "../support/fakeEnvoy.ts";
import { startFakeKube } from "../support/fakeKube.ts";
import {
  HTTP_ROUTE_PATH,
  httpRoute,
  kubeActuator,
  VIRTUAL_SERVICE_PATH,
  virtualService,
  withWeights,
} from "../support/kubeRoutes.ts";

testActuator({ name: "memory", make: () => new MemoryActuator() });

testActuator({
  name: "filters",
  make: (context) => {
    const { actuator, complete } = completeActuator(context);
    connectFilter(actuator, ["one", "two"]);
    connectFilter(actuator, ["two", "one"]);
    complete();
    return actuator;
  },
});

testActuator({
  name: "xds",
  make: (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const actuator = new XdsActuator(envoysDocument, () => undefined);
    connectEnvoy(actuator);
    connectEnvoy(actuator, { kind: "runtime", names: ["understudy"], protocol: "delta" });
    context.mock.timers.tick(envoysDocument.returnWithin);
    return actuator;
  },
});

testActuator({
  name: "istio",
  make: async (context) => {
    const kube = await startFakeKube(context);
    kube.put(VIRTUAL_SERVICE_PATH, virtualService());
    const { actuator } = await kubeActuator(context, "istio", kube.kubeconfig);
    return withWeights(actuator, "istio");
  },
});

testActuator({
  name: "gatewayApi",
  make: async (context) => {
    const kube = await startFakeKube(context);
    kube.put(HTTP_ROUTE_PATH, httpRoute());
    const { actuator } = await kubeActuator(context, "gatewayApi", kube.kubeconfig);
    return withWeights(actuator, "gatewayApi");
  },
});
