import { z } from "zod";
import type { Target } from "../core/target.ts";
import { ALL_BP, type Traffic } from "../core/traffic.ts";
import type { ActuatorErrorCode } from "../ports.ts";
import { type RoutesView, type RouteView, routeAt } from "./routeView.ts";

/** Where an object says which rollout writes which route of it: this, then the rollout's name. */
export const CLAIM_PREFIX = "traffic.understudy.dev/";

/** What a rollout is to have of an object. */
export type Claimed = {
  readonly target: Target;
  readonly route: string | number;
  /** The destination of each variant. */
  readonly primary: string;
  readonly candidate: string;
};

/** What an object says of a rollout's route, beside its weights. */
type Claim = {
  readonly route: string | number;
  readonly primary: string;
  readonly candidate: string;
  readonly traffic: Traffic;
};

const share = z.int().min(0).max(ALL_BP);
const claim: z.ZodType<Claim> = z.object({
  route: z.union([z.string(), z.int()]),
  primary: z.string(),
  candidate: z.string(),
  traffic: z.object({
    generation: z.int().min(0),
    candidateBp: share,
    shadowBp: share,
    shadowPrimary: z.boolean(),
    noiseBp: share.exactOptional(),
    captureBp: share.exactOptional(),
  }),
});

/** What an object says is in force for a rollout. */
export type ClaimReading =
  /** It is not this rollout's yet. */
  | { readonly kind: "unclaimed" }
  /** Its weights are what was written. */
  | { readonly kind: "written"; readonly traffic: Traffic; readonly isCurrent: boolean }
  /** Somebody else has it, or has changed it, or it is not what the plan says. */
  | {
      readonly kind: "trouble";
      readonly code: ActuatorErrorCode;
      readonly message: string;
      readonly generation: number;
    };

/** Reads a rollout's route. */
export function readClaim(view: RoutesView, claimed: Claimed): ClaimReading {
  const { rollout } = claimed.target;
  const own = claimOf(view, rollout);
  const generation = own?.traffic.generation ?? 0;
  const misfit = misfitOf(view, claimed);
  if (misfit !== undefined) {
    return { kind: "trouble", ...misfit, generation };
  }
  if (own === undefined) {
    return { kind: "unclaimed" };
  }
  const route = routeAt(view, claimed.route);
  if (own.route !== claimed.route || route === undefined) {
    return { kind: "unclaimed" };
  }
  if (!isSplitSo(route, own)) {
    const message =
      `the weights of route ${claimed.route} are ${weightsText(route)}, not what was written for generation ${generation}` +
      `: somebody else changed them (last: ${view.lastEditor ?? "unknown"}). They are left so; ` +
      `put them back, or give the route away for good by removing the annotation ${CLAIM_PREFIX}${rollout}`;
    return { kind: "trouble", code: "conflict", message, generation };
  }
  const isCurrent = own.primary === claimed.primary && own.candidate === claimed.candidate;
  return { kind: "written", traffic: own.traffic, isCurrent };
}

/** What keeps the route from being written whatever its weights are. */
function misfitOf(
  view: RoutesView,
  claimed: Claimed,
): { readonly code: ActuatorErrorCode; readonly message: string } | undefined {
  const route = routeAt(view, claimed.route);
  if (route === undefined) {
    const names = view.routes.map(({ name }, index) => name ?? index).join(", ");
    return {
      code: "missing",
      message: `there is no route ${claimed.route} (there: ${names || "none"})`,
    };
  }
  for (const name of [claimed.primary, claimed.candidate]) {
    const found = route.destinations.filter((each) => each.name === name).length;
    if (found !== 1) {
      const message = `route ${claimed.route} has ${found === 0 ? "no destination" : `${found} destinations`} ${name} (there: ${weightsText(route)})`;
      return { code: "missing", message };
    }
  }
  const other = otherClaimant(view, claimed);
  return other === undefined
    ? strangerOf(view, route, claimed)
    : {
        code: "conflict",
        message: `route ${claimed.route} is written for rollout ${other}: a route has one rollout; remove the annotation ${CLAIM_PREFIX}${other} if that has ended`,
      };
}

/** A destination of neither variant that gets requests would make every share another one. */
function strangerOf(
  view: RoutesView,
  route: RouteView,
  claimed: Claimed,
): { readonly code: ActuatorErrorCode; readonly message: string } | undefined {
  const before = claimOf(view, claimed.target.rollout);
  const known = [claimed.primary, claimed.candidate, before?.primary, before?.candidate];
  const stranger = route.destinations.find(
    ({ name, weight }) => weight > 0 && !known.includes(name),
  );
  return stranger === undefined
    ? undefined
    : {
        code: "conflict",
        message: `route ${claimed.route} sends requests to ${stranger.name || "a destination without a name"}, which is neither variant (${weightsText(route)})`,
      };
}

function otherClaimant(view: RoutesView, { target, route }: Claimed): string | undefined {
  return Object.keys(view.annotations ?? {})
    .filter((key) => key.startsWith(CLAIM_PREFIX))
    .map((key) => key.slice(CLAIM_PREFIX.length))
    .find((rollout) => rollout !== target.rollout && claimOf(view, rollout)?.route === route);
}

/** The claim of a rollout; undefined when there is none that can be read. */
export function claimOf(view: RoutesView, rollout: string): Claim | undefined {
  const text = view.annotations?.[`${CLAIM_PREFIX}${rollout}`];
  try {
    return text === undefined ? undefined : claim.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Whether the candidate's share is what was written, and nobody beside the two variants has any. */
function isSplitSo({ destinations }: RouteView, { primary, candidate, traffic }: Claim): boolean {
  const sum = destinations.reduce((total, { weight }) => total + weight, 0);
  const weightOf = (name: string): number =>
    destinations.find((each) => each.name === name)?.weight ?? 0;
  return (
    sum > 0 &&
    weightOf(candidate) * ALL_BP === traffic.candidateBp * sum &&
    weightOf(primary) + weightOf(candidate) === sum
  );
}

function weightsText({ destinations }: RouteView): string {
  return destinations.map(({ name, weight }) => `${name || "?"}: ${weight}`).join(", ");
}
