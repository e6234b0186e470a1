import type { JsonValue } from "./jsonValue.ts";

/** How far two numbers may be apart. */
export type Apart = { readonly absolute: number; readonly relative: number };

/** Whether a value is a number, in either form. */
export function isNumber(value: JsonValue): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

/** Whether two numbers differ by at most `absolute`, or by at most `relative` of the larger magnitude. */
export function closeNumbers(a: number | bigint, b: number | bigint, apart: Apart): boolean {
  const distance = distanceOf(a, b);
  if (distance <= apart.absolute) {
    return true;
  }
  const magnitude = Math.max(Math.abs(Number(a)), Math.abs(Number(b)));
  return distance <= apart.relative * magnitude;
}

/** The distance, exact to a double's precision also where both are beyond 2^53; never rounded to zero. */
function distanceOf(a: number | bigint, b: number | bigint): number {
  if (typeof a === "number" && typeof b === "number") {
    return Math.abs(a - b);
  }
  const exactA = exact(a);
  const exactB = exact(b);
  return exactA === undefined || exactB === undefined
    ? Math.abs(Number(a) - Number(b))
    : Math.abs(Number(exactA - exactB));
}

function exact(value: number | bigint): bigint | undefined {
  if (typeof value === "bigint") {
    return value;
  }
  return Number.isInteger(value) ? BigInt(value) : undefined;
}

/** A text that two numbers share when they are equal, and only then. */
export function numberText(value: number | bigint): string {
  return (Number.isInteger(value) ? BigInt(value) : value).toString();
}
