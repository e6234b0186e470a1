import type { Role } from "../access/caller.ts";
import type { labelService, observeService, rolloutService } from "./services.ts";
import { DISCOVERY, type discoveryService } from "./xdsService.ts";

/** Who may call a method: the roles, or everybody who reaches the port. */
export type Permission = readonly Role[] | "everybody";

const READERS: readonly Role[] = ["viewer", "operator", "admin"];
const OPERATORS: readonly Role[] = ["operator", "admin"];
const ADMINS: readonly Role[] = ["admin"];
const LABELERS: readonly Role[] = ["labeler", "admin"];
const FILTERS: readonly Role[] = ["filter"];

/** A method that is added to a service does not compile before it is said here who may call it. */
const ROLLOUT: Readonly<Record<keyof typeof rolloutService, Permission>> = {
  Get: READERS,
  List: READERS,
  Watch: READERS,
  Differences: READERS,
  History: READERS,
  Explain: READERS,
  Promote: OPERATORS,
  Rollback: OPERATORS,
  Pause: OPERATORS,
  Resume: OPERATORS,
  Approve: OPERATORS,
  Delete: ADMINS,
  Apply: ADMINS,
};
const OBSERVE: Readonly<Record<keyof typeof observeService, Permission>> = { Observe: FILTERS };
const LABEL: Readonly<Record<keyof typeof labelService, Permission>> = { RecordLabels: LABELERS };
const ENVOYS: Readonly<Record<keyof typeof discoveryService, Permission>> = {
  StreamAggregatedResources: FILTERS,
  DeltaAggregatedResources: FILTERS,
};
const HEALTH = { Check: "everybody", Watch: "everybody", List: "everybody" } as const;
const REFLECTION = { ServerReflectionInfo: READERS };
const HTTP = {
  "/healthz": "everybody",
  "/readyz": "everybody",
  "/metrics": READERS,
  "/alerts": READERS,
  "/alerts/retry": OPERATORS,
  "/v1/labels": LABELERS,
} as const;

/** Methods whose messages say which rollouts they are about. */
const BY_ROLLOUT: ReadonlyMap<string, Permission> = new Map(
  under("/understudy.v1.ObserveService/", OBSERVE),
);

/** Every method of the gRPC port by its path, and every path of the HTTP port, with who may call it. */
export const PERMISSIONS: ReadonlyMap<string, Permission> = new Map([
  ...under("/understudy.v1.RolloutService/", ROLLOUT),
  ...BY_ROLLOUT,
  ...under("/understudy.v1.LabelService/", LABEL),
  ...under(DISCOVERY, ENVOYS),
  ...under("/grpc.health.v1.Health/", HEALTH),
  ...under("/grpc.reflection.v1.ServerReflection/", REFLECTION),
  ...under("/grpc.reflection.v1alpha.ServerReflection/", REFLECTION),
  ...under("", HTTP),
]);

/** Who may call the method: nobody what is not in the table. */
export function permissionOf(method: string): Permission {
  return PERMISSIONS.get(method) ?? [];
}

/** Whether the method is one that a caller for some rollouts alone may call. */
export function isByRollout(method: string): boolean {
  return BY_ROLLOUT.has(method);
}

function under(
  service: string,
  methods: Readonly<Record<string, Permission>>,
): [string, Permission][] {
  return Object.entries(methods).map(([name, permission]) => [service + name, permission]);
}
