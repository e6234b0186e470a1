/** A parsed document. Whole numbers beyond 2^53 that were written as digits alone are kept exactly, as bigint. */
export type JsonValue = null | boolean | number | bigint | string | JsonArray | JsonObject;
/** An array of a document. */
export type JsonArray = readonly JsonValue[];
/** An object of a document. Members are own properties, `__proto__` among them: never look one up without `Object.hasOwn`. */
export type JsonObject = { readonly [name: string]: JsonValue };

/** Array.isArray, which does not narrow readonly arrays. */
export function isArray(value: JsonValue): value is JsonArray {
  return Array.isArray(value);
}

/** Elements from which on a loop of its own pays for an array of numbers. */
const LONG = 32;

/**
 * Whether an array is long and begins with a number, as those of numbers do. Such arrays are read by index in loops of their own, all others by
 * `at`: where one place reads both kinds by index, V8 turns numbers into boxes, each time for the whole array.
 */
export function isLongFromNumber(array: JsonArray): boolean {
  return array.length >= LONG && typeof array.at(0) === "number";
}

/** Whether a value is an object. */
export function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is an array or an object. */
export function isContainer(value: JsonValue): value is JsonArray | JsonObject {
  return typeof value === "object" && value !== null;
}

/** How many members an object has: as `Object.keys` says, without a list of them. */
export function membersIn(object: JsonObject): number {
  let members = 0;
  for (const _ in object) {
    members += 1;
  }
  return members;
}
