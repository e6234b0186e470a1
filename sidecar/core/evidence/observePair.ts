import type { Comparison } from "../compare/comparison.ts";
import type { Observation } from "../observation.ts";
import type { EvidenceBook } from "./ingest.ts";
import { failed, pairIn } from "./outcome.ts";
import { countPair } from "./paths.ts";
import { type Tally, tallyNoise, tallyPair } from "./tally.ts";

/** Counts the pair in an observation, if there is one, in a window's tally; what is no evidence is counted by its reason. */
export function observePair(
  book: EvidenceBook,
  tally: Tally,
  seen: {
    readonly observation: Observation;
    readonly comparison: Comparison | undefined;
    readonly idHash: number;
  },
): void {
  const { observation, comparison, idHash } = seen;
  const { requestId, startMs } = observation;
  const pair = pairIn(observation);
  if (pair === "pair") {
    if (!tallyPair(tally, book.plan, { oneFailed: oneFailed(observation), comparison })) {
      book.excluded.undecided += 1;
    }
    if (comparison !== undefined) {
      countPair(book.differences, comparison, { requestId, startMs, idHash });
    }
    tallyNoise(tally, observation, comparison);
  } else if (pair !== "none") {
    book.excluded[pair] += 1;
  }
}

function oneFailed({ answer, shadow }: Observation): boolean {
  return shadow !== undefined && failed(answer) !== failed(shadow);
}
