import { quantity } from "./evidence/sentence.ts";

/** Odds above are not told apart. */
const ODDS_MAX = 1_000_000;

/** Evidence as people say it, of the natural logarithm of an e-value: "about 20 to 1", "over 1,000,000 to 1". */
export function odds(logE: number): string {
  return logE > Math.log(ODDS_MAX)
    ? `over ${quantity(ODDS_MAX)} to 1`
    : `${quantity(Math.exp(logE), "about")} to 1`;
}
