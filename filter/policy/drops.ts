/** Why evidence, or a shadow, was not had; the numbers are those of the contract. */
export enum DropReason {
  NoCredit = 1,
  NoSidecar = 2,
  QueueFull = 3,
  ShadowInFlight = 4,
  ShadowRate = 5,
  ShadowBodyBytes = 6,
  CapturedBytes = 7,
  ShadowRefused = 8,
  Streaming = 9,
  ClientReset = 10,
  Headers = 11,
}

/** Reasons, the unspecified one included. */
export const DROP_REASONS: i32 = 12;
