/** A share in hundredths of a percent: a whole number from 0 (none) to 10,000 (all). */
export type BasisPoints = number;

/** Everything, in basis points. */
export const ALL_BP: BasisPoints = 10_000;

/** What a rollout's proxies are to serve. One value; an actuator reads and applies it whole. */
export type Traffic = {
  /** Rises with every change of traffic of a rollout; whoever takes traffic refuses a smaller one. */
  readonly generation: number;
  /** Share of users that the candidate answers. */
  readonly candidateBp: BasisPoints;
  /** Share of requests that are copied to the variant that does not answer the user. */
  readonly shadowBp: BasisPoints;
  /** Whether requests that the candidate answers are copied to the primary too. */
  readonly shadowPrimary: boolean;
  /** Share of requests, among those copied, of which a second copy goes to the primary; none when absent. */
  readonly noiseBp?: BasisPoints;
  /** Share of requests that are captured: reported with their own body and that of the user's answer; none when absent. */
  readonly captureBp?: BasisPoints;
};

/** Whether two values ask the proxies for the same thing, generation included. */
export function sameTraffic(a: Traffic, b: Traffic): boolean {
  return (
    a.generation === b.generation &&
    a.candidateBp === b.candidateBp &&
    a.shadowBp === b.shadowBp &&
    a.shadowPrimary === b.shadowPrimary &&
    (a.noiseBp ?? 0) === (b.noiseBp ?? 0) &&
    (a.captureBp ?? 0) === (b.captureBp ?? 0)
  );
}
