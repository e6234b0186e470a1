import { z } from "zod";
import type { ActuatorChoice } from "../core/plan/actuatorChoice.ts";
import type { KubeObject } from "../kube/objectWatch.ts";
import { lastEditorOf, routesMetadata } from "./kubeMetadata.ts";
import type { RoutesChoice } from "./kubeRoutes.ts";
import { type RoutesKind, type RoutesView, type RouteView, VARIANT_HEADER } from "./routeView.ts";

const destination = z.looseObject({
  destination: z.looseObject({ host: z.string(), subset: z.string().optional() }),
  weight: z.number().optional(),
});
const match = z.looseObject({
  headers: z.record(z.string(), z.looseObject({ exact: z.string().optional() })).optional(),
});
const virtualService = z.looseObject({
  metadata: routesMetadata,
  spec: z.looseObject({
    http: z
      .array(
        z.looseObject({
          name: z.string().optional(),
          match: z.array(match).default([]),
          route: z.array(destination).default([]),
        }),
      )
      .default([]),
  }),
});

/** VirtualServices of Istio. Variants are told apart by subset; Istio says nothing of what its proxies have taken. */
export const VIRTUAL_SERVICES: RoutesKind = {
  noun: "VirtualService",
  path: (namespace) => `/apis/networking.istio.io/v1/namespaces/${namespace}/virtualservices`,
  view: viewOf,
};

function viewOf(object: KubeObject): RoutesView | undefined {
  const parsed = virtualService.safeParse(object).data;
  if (parsed === undefined) {
    return undefined;
  }
  const { metadata, spec } = parsed;
  return {
    annotations: metadata.annotations,
    resourceVersion: metadata.resourceVersion,
    refusal: undefined,
    lastEditor: lastEditorOf(metadata),
    routes: spec.http.map(
      ({ name, match: matches, route }, index): RouteView => ({
        name,
        pointer: `/spec/http/${index}`,
        key: "route",
        written: route,
        versions: matches.flatMap(({ headers }) => headers?.[VARIANT_HEADER]?.exact ?? []),
        destinations: route.map(({ destination: { subset = "" }, weight }) => ({
          name: subset,
          // One destination alone needs no weight; among several, one without has none.
          weight: weight ?? (route.length === 1 ? 100 : 0),
        })),
      }),
    ),
  };
}

/** What a plan says of a VirtualService; undefined when it chose something else. */
export function chooseVirtualService(choice: ActuatorChoice | undefined): RoutesChoice | undefined {
  return choice?.kind !== "istio"
    ? undefined
    : {
        object: choice.virtualService,
        destination: choice.subset,
        route: choice.split === "weights" ? choice.route : undefined,
      };
}
