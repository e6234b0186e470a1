import type { BasisPoints } from "../traffic.ts";

/** A number with at most four decimals and a percent sign: `5%`, `0.25%`. */
export const PERCENTAGE: RegExp = /^(0|[1-9]\d{0,2})(?:\.(\d{1,4}))?%$/;

/** Millionths of a percentage's text, exactly; undefined when it is none. */
export function parsePercentage(text: string): number | undefined {
  const match = PERCENTAGE.exec(text);
  if (match === null) {
    return undefined;
  }
  const [, whole = "0", decimals = ""] = match;
  return Number(whole) * 10_000 + Number(decimals.padEnd(4, "0"));
}

/** The shortest percentage of a share: 250 is `2.5%`. */
export function formatBasisPoints(share: BasisPoints): string {
  return `${share / 100}%`;
}
