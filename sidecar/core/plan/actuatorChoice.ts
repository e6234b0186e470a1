/** What writes a rollout's traffic, and where. */
export type ActuatorChoice =
  /** The filters, by their streams. */
  | { readonly kind: "filters" }
  /** Envoys that discover their routes or their runtime from the sidecar. */
  | { readonly kind: "xds" }
  /** Istio: a VirtualService. */
  | ({
      readonly kind: "istio";
      readonly virtualService: ObjectName;
      /** The subset of each variant: `{version}` stands for its version. */
      readonly subset: string;
    } & Split)
  /** The Gateway API: an HTTPRoute. */
  | ({
      readonly kind: "gatewayApi";
      readonly httpRoute: ObjectName;
      /** The Service of each variant: `{version}` stands for its version. */
      readonly backend: string;
    } & Split);

/** An object of Kubernetes. */
export type ObjectName = {
  /** Undefined where the sidecar's own is meant. */
  readonly namespace: string | undefined;
  readonly name: string;
};

/** Who picks the variant of each request. */
export type Split =
  /** The filter, and routes match the header that it sets: of those nothing is written, they are only looked at. */
  | { readonly split: "filter" }
  /** Weights of one route of the object, by its name or its place from 0. */
  | { readonly split: "weights"; readonly route: string | number };

/** The kinds of actuators. */
export type ActuatorKind = ActuatorChoice["kind"];

/** Whether two choices are the same; filters are chosen when nothing is. */
export function sameChoice(
  a: ActuatorChoice = { kind: "filters" },
  b: ActuatorChoice = { kind: "filters" },
): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
