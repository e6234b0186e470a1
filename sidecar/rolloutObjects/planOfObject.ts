import type { Plan } from "../core/plan/plan.ts";
import { parsePlan } from "../plan/parsePlan.ts";
import type { RolloutObject } from "./rolloutObject.ts";

/** The plan that an object is, or what is wrong with it in one text. */
export function planOfObject({ apiVersion, kind, metadata, spec }: RolloutObject): Plan | string {
  const { name, namespace } = metadata;
  const parsed = parsePlan(JSON.stringify({ apiVersion, kind, metadata: { name }, spec }));
  if (parsed.kind === "problems") {
    // Where in a text that nobody has written does not matter.
    return parsed.problems
      .map(({ field, given, allowed }) => `${field}: ${given}: ${allowed}`)
      .join("; ");
  }
  const { plan } = parsed;
  const routes = routesOf(plan);
  if (routes?.namespace === undefined) {
    return routes === undefined ? plan : withNamespace(plan, namespace);
  }
  // Who may write objects here need not be allowed to move traffic elsewhere.
  return routes.namespace === namespace
    ? plan
    : `spec.actuator: ${routes.namespace}/${routes.name}: an object in ${namespace}, as the Rollout is`;
}

function routesOf({ actuator }: Plan): { namespace: string | undefined; name: string } | undefined {
  switch (actuator?.kind) {
    case "istio":
      return actuator.virtualService;
    case "gatewayApi":
      return actuator.httpRoute;
    default:
      return undefined;
  }
}

function withNamespace(plan: Plan, namespace: string): Plan {
  const { actuator } = plan;
  switch (actuator?.kind) {
    case "istio":
      return {
        ...plan,
        actuator: { ...actuator, virtualService: { ...actuator.virtualService, namespace } },
      };
    case "gatewayApi":
      return {
        ...plan,
        actuator: { ...actuator, httpRoute: { ...actuator.httpRoute, namespace } },
      };
    default:
      return plan;
  }
}
