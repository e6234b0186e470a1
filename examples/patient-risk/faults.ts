import { uniform } from "./random.ts";

/** What happens to one request. */
export type Fault = "none" | "error" | "stall";

/** Decides the fate of the next request. */
export type Faults = () => Fault;

/** Nothing ever goes wrong. */
export const noFaults: Faults = () => "none";

const FAULTY_SHARE = 0.1;

/** One request in ten fails, by an error or by never being answered, in an order that the seed fixes. */
export function oneInTen(seed: number): Faults {
  const draw = uniform(seed);
  return () => {
    if (draw() >= FAULTY_SHARE) {
      return "none";
    }
    return draw() < 0.5 ? "error" : "stall";
  };
}
