import { seededRandom } from "../load/random.ts";
import { encodePairs, makeHead, rounded, type WireBatch } from "./wire.ts";

/** Pairs a second that the times in the batches stand for. */
const PAIRS_PER_SECOND = 20;
/** Different answers; they are sent again and again, as making them is slow. */
const ANSWERS = 8;
/** Each half of an answer's 100 kB: numbers of a tensor, and items with names and texts. */
const SCORES = 4_300;
const ITEMS = 236;

/** How the two answers of a large pair are equal: to the byte, or but for fields that the plan ignores. */
export type LargePair = "same" | "ignored";

/**
 * Encoded FilterMessages, each one pair of answers of about 100 kB that do not differ for the plan: a prediction, a tensor of 4,300 numbers
 * and 236 items of eight names each. Starts lie at 20 a second from `startMs`. Always the same.
 */
export function makeLargeBatches(count: number, startMs: number, kind: LargePair): WireBatch[] {
  const random = seededRandom(13);
  const answers = Array.from({ length: ANSWERS }, () => makeAnswers(random, kind));
  return Array.from({ length: count }, (_, index) => {
    const { primary = "", candidate = "" } = answers[index % ANSWERS] ?? {};
    const head = makeHead(random, startMs + Math.floor((index * 1000) / PAIRS_PER_SECOND));
    const pair = { head, primary: Buffer.from(primary), candidate: Buffer.from(candidate) };
    return encodePairs(random, index + 1, [pair], head.startUnixMs + 1000 / PAIRS_PER_SECOND);
  });
}

function makeAnswers(
  random: () => number,
  kind: LargePair,
): { readonly primary: string; readonly candidate: string } {
  const score = rounded(random());
  const scores = Array.from({ length: SCORES }, () => rounded(random()));
  const items = Array.from({ length: ITEMS }, (_, rank) => makeItem(random, rank));
  const answer = (version: string): string =>
    JSON.stringify({
      model_name: "ranking",
      model_version: version,
      id: `request-${version}`,
      outputs: [
        { name: "label", datatype: "INT64", shape: [1], data: [score > 0.5 ? 1 : 0] },
        { name: "probabilities", datatype: "FP32", shape: [1, 2], data: [1 - score, score] },
        { name: "scores", datatype: "FP32", shape: [1, SCORES], data: scores },
      ],
      items,
    });
  return { primary: answer("v1"), candidate: answer(kind === "same" ? "v1" : "v2") };
}

function makeItem(random: () => number, rank: number): unknown {
  return {
    id: `item-${Math.floor(random() * 1e9)}`,
    rank,
    score: rounded(random()),
    label: random() > 0.5 ? "at risk" : "as usual",
    reason: "more visits than most patients of this age: see https://example.org/visits",
    updated: "2026-11-22T17:36:22Z",
    features: [rounded(random()), rounded(random()), Math.floor(random() * 100)],
    isNew: random() > 0.9,
  };
}
