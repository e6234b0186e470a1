import type { KubeObject } from "../kube/objectWatch.ts";

/** The header that the filter sets to the variant's version. */
export const VARIANT_HEADER = "x-understudy-variant";

/** Where a route sends requests, and how many of them. */
export type DestinationView = {
  /** What tells variants apart: a subset, or a Service. */
  readonly name: string;
  readonly weight: number;
};

/** One route of an object of a control plane. */
export type RouteView = {
  readonly name: string | undefined;
  /** Its place in the object, as JSON Pointer (RFC 6901). */
  readonly pointer: string;
  /** The key of its destinations, and their value as it was read. */
  readonly key: string;
  readonly written: unknown;
  readonly destinations: readonly DestinationView[];
  /** Values of the variant's header that it matches. */
  readonly versions: readonly string[];
};

/** An object of a control plane that has routes. */
export type RoutesView = {
  readonly annotations: Readonly<Record<string, string>> | undefined;
  readonly resourceVersion: string;
  readonly routes: readonly RouteView[];
  /** Why the control plane does not serve it as it is, when it says so; undefined otherwise. */
  readonly refusal: string | undefined;
  /** Who changed it last beside us, for people. */
  readonly lastEditor: string | undefined;
};

/** A kind of objects with routes. */
export type RoutesKind = {
  /** As people name it. */
  readonly noun: string;
  /** The path of a namespace's objects. */
  readonly path: (namespace: string) => string;
  /** Undefined when the object is not laid out as it should be. */
  readonly view: (object: KubeObject) => RoutesView | undefined;
};

/** The route of a name or place; undefined when the object has none. */
export function routeAt(view: RoutesView, route: string | number): RouteView | undefined {
  return typeof route === "number"
    ? view.routes[route]
    : view.routes.find(({ name }) => name === route);
}
