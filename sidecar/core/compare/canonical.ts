import { indexState, nameState, type PathState } from "./automaton.ts";
import { isArray, type JsonObject, type JsonValue } from "./jsonValue.ts";
import { isNumber, numberText } from "./number.ts";

/**
 * A text that two values share when they are equal under the rules without their tolerances, and only then: names sorted, what
 * is ignored left out, arrays without order sorted. Recursive: parsed documents are at most 64 levels deep.
 */
export function canonicalText(value: JsonValue, state: PathState | undefined): string {
  if (isNumber(value)) {
    return numberText(value);
  }
  if (typeof value !== "object" || value === null) {
    return JSON.stringify(value);
  }
  return isArray(value) ? arrayText(value, state) : objectText(value, state);
}

function arrayText(value: readonly JsonValue[], state: PathState | undefined): string {
  if (state?.unordered === true) {
    return `[${value
      .map((element) => canonicalText(element, state.otherIndex))
      .sort(byCodeUnits)
      .join()}]`;
  }
  const texts = value.map((element, index) => {
    const next = indexState(state, index);
    return next?.ignored === true ? "" : canonicalText(element, next);
  });
  return `[${texts.join()}]`;
}

function objectText(value: JsonObject, state: PathState | undefined): string {
  const texts: string[] = [];
  for (const name of Object.keys(value).sort(byCodeUnits)) {
    const next = nameState(state, name);
    if (next?.ignored !== true) {
      texts.push(`${JSON.stringify(name)}:${canonicalText(value[name] ?? null, next)}`);
    }
  }
  return `{${texts.join()}}`;
}

function byCodeUnits(a: string, b: string): number {
  if (a === b) {
    return 0;
  }
  return a < b ? -1 : 1;
}
