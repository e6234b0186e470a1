import * as core from "../../sidecar/core/simulate/random.ts";

/** A seeded source of randomness: the same seed gives the same numbers everywhere. */
export type Random = core.Random;

/** The simulation's own source. */
export const seeded: (seed: number) => Random = core.seeded;
