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

/** Draws from [0, 1), the same for the same seed: a counter, mixed by the finaliser of MurmurHash3 (A. Appleby, public domain). */
export function uniform(seed: number): () => number {
  let counter = seed;
  return () => {
    counter = (counter + 0x9e3779b9) | 0;
    let mixed = counter;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}
