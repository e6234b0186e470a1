import { z } from "zod";
import type { ActuatorChoice } from "../core/plan/actuatorChoice.ts";
import type { KubeObject } from "../kube/objectWatch.ts";
import { lastEditorOf, routesMetadata } from "./kubeMetadata.ts";
import type { RoutesChoice } from "./kubeRoutes.ts";
import { type RoutesKind, type RoutesView, type RouteView, VARIANT_HEADER } from "./routeView.ts";

const condition = z.looseObject({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(""),
  message: z.string().default(""),
  observedGeneration: z.number().default(0),
});
const match = z.looseObject({
  headers: z
    .array(
      z.looseObject({ type: z.string().default("Exact"), name: z.string(), value: z.string() }),
    )
    .default([]),
});
const backendRef = z.looseObject({ name: z.string(), weight: z.number().optional() });
const httpRoute = z.looseObject({
  metadata: routesMetadata,
  spec: z.looseObject({
    rules: z
      .array(
        z.looseObject({
          name: z.string().optional(),
          matches: z.array(match).default([]),
          backendRefs: z.array(backendRef).default([]),
        }),
      )
      .default([]),
  }),
  status: z
    .looseObject({
      parents: z.array(z.looseObject({ conditions: z.array(condition).default([]) })).default([]),
    })
    .default({ parents: [] }),
});

type HttpRoute = z.infer<typeof httpRoute>;
/** What a gateway must say of a route before it serves it. */
const NEEDED = ["Accepted", "ResolvedRefs"] as const;

/** HTTPRoutes of the Gateway API. Variants are told apart by the name of the backend; in force is what every parent has accepted as it is now. */
export const HTTP_ROUTES: RoutesKind = {
  noun: "HTTPRoute",
  path: (namespace) => `/apis/gateway.networking.k8s.io/v1/namespaces/${namespace}/httproutes`,
  view: viewOf,
};

function viewOf(object: KubeObject): RoutesView | undefined {
  const parsed = httpRoute.safeParse(object).data;
  if (parsed === undefined) {
    return undefined;
  }
  const { metadata, spec } = parsed;
  return {
    annotations: metadata.annotations,
    resourceVersion: metadata.resourceVersion,
    refusal: refusalOf(parsed),
    lastEditor: lastEditorOf(metadata),
    routes: spec.rules.map(
      ({ name, matches, backendRefs }, index): RouteView => ({
        name,
        pointer: `/spec/rules/${index}`,
        key: "backendRefs",
        written: backendRefs,
        versions: matches.flatMap(({ headers }) =>
          headers
            .filter(({ type, name: header }) => type === "Exact" && isVariantHeader(header))
            .map(({ value }) => value),
        ),
        destinations: backendRefs.map(({ name: backend, weight = 1 }) => ({
          name: backend,
          weight,
        })),
      }),
    ),
  };
}

/** Names of headers have no case there. */
function isVariantHeader(name: string): boolean {
  return name.toLowerCase() === VARIANT_HEADER;
}

function refusalOf({
  metadata: { generation = 0 },
  status: { parents },
}: HttpRoute): string | undefined {
  if (parents.length === 0) {
    return "no gateway has taken it yet";
  }
  for (const { conditions } of parents) {
    for (const type of NEEDED) {
      const found = conditions.find((each) => each.type === type);
      if (found === undefined || found.observedGeneration < generation) {
        return `${type} is not said of generation ${generation} yet`;
      }
      if (found.status !== "True") {
        return `${type} is ${found.status}: ${found.reason}: ${found.message}`;
      }
    }
  }
  return undefined;
}

/** What a plan says of an HTTPRoute; undefined when it chose something else. */
export function chooseHttpRoute(choice: ActuatorChoice | undefined): RoutesChoice | undefined {
  return choice?.kind !== "gatewayApi"
    ? undefined
    : {
        object: choice.httpRoute,
        destination: choice.backend,
        route: choice.split === "weights" ? choice.route : undefined,
      };
}
