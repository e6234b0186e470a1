import { assert } from "./assert.ts";

/**
 * Work that can be done piece by piece: each piece says about how many microseconds it took, counted from what was done, not measured, so that
 * it is always cut at the same places.
 */
export type Work<Result> = Generator<number, Result, void>;

/** Does all that is left. */
export function finish<Result>(work: Work<Result>): Result {
  const done = advance(work, Number.POSITIVE_INFINITY);
  assert(done !== undefined, "work without a budget ends");
  return done.result;
}

/** Does pieces until they are worth the budget together, or the work has ended; undefined while more is left. */
export function advance<Result>(
  work: Work<Result>,
  budgetUs: number,
): { readonly result: Result } | undefined {
  for (let spentUs = 0; spentUs < budgetUs; ) {
    const piece = work.next();
    if (piece.done === true) {
      return { result: piece.value };
    }
    spentUs += piece.value;
  }
  return undefined;
}
