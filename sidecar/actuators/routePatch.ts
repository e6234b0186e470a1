import { ALL_BP, type Traffic } from "../core/traffic.ts";
import { CLAIM_PREFIX, type Claimed } from "./routeClaim.ts";
import { type RoutesView, routeAt } from "./routeView.ts";

/** One operation of a JSON patch (RFC 6902). */
export type PatchOperation = {
  readonly op: "test" | "add" | "replace";
  readonly path: string;
  readonly value: unknown;
};

/**
 * The patch that gives a route the traffic's weights and says so in the rollout's annotation. It changes nothing else, and is refused by the API server when what
 * it was made from has changed: the route's destinations, its name, and the annotation.
 */
export function routePatch(
  view: RoutesView,
  claimed: Claimed,
  traffic: Traffic,
): readonly PatchOperation[] {
  const route = routeAt(view, claimed.route);
  if (route === undefined) {
    return [];
  }
  const { primary, candidate } = weightsOf(traffic);
  const weightFor = new Map([
    [claimed.primary, primary],
    [claimed.candidate, candidate],
  ]);
  const destinations = `${route.pointer}/${route.key}`;
  const weights = route.destinations.map(({ name, weight: before }, index) => ({
    path: `${destinations}/${index}/weight`,
    value: weightFor.get(name) ?? (before > 0 ? 0 : undefined),
  }));
  return [
    ...(route.name === undefined ? [] : [test(`${route.pointer}/name`, route.name)]),
    test(destinations, route.written),
    ...weights
      .filter(({ value }) => value !== undefined)
      .map((weight): PatchOperation => ({ op: "add", ...weight })),
    ...annotate(view, claimed, traffic),
  ];
}

/** Percentages when they are whole, for people and for controllers that want a sum of 100; else basis points. */
function weightsOf({ candidateBp }: Traffic): {
  readonly primary: number;
  readonly candidate: number;
} {
  const unit = candidateBp % 100 === 0 ? 100 : 1;
  return { primary: (ALL_BP - candidateBp) / unit, candidate: candidateBp / unit };
}

function annotate(
  view: RoutesView,
  { target, route, primary, candidate }: Claimed,
  traffic: Traffic,
): readonly PatchOperation[] {
  const key = `${CLAIM_PREFIX}${target.rollout}`;
  const path = `/metadata/annotations/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
  const value = JSON.stringify({ route, primary, candidate, traffic });
  const before = view.annotations?.[key];
  if (before !== undefined) {
    return [test(path, before), { op: "replace", path, value }];
  }
  // That something is absent can't be tested for: the whole object must be what was read.
  const unchanged = test("/metadata/resourceVersion", view.resourceVersion);
  return view.annotations === undefined
    ? [unchanged, { op: "add", path: "/metadata/annotations", value: { [key]: value } }]
    : [unchanged, { op: "add", path, value }];
}

function test(path: string, value: unknown): PatchOperation {
  return { op: "test", path, value };
}
