/** What writes a rollout's traffic, and where. */
export type ActuatorChoice =
  /** The filters, by their streams. */
  | { readonly kind: "filters" }
  /** Envoys that discover their routes or their runtime from the sidecar. */
  | { readonly kind: "xds" };

/** The kinds of actuators. */
export type ActuatorKind = ActuatorChoice["kind"];

/** Whether two choices are the same; filters are chosen when nothing is. */
export function sameChoice(
  a: ActuatorChoice = { kind: "filters" },
  b: ActuatorChoice = { kind: "filters" },
): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
