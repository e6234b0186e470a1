import { calibratorFor } from "./calibrator.ts";
import { type CbpeReference, type EstimateLimits, estimateLimits } from "./cbpe.ts";
import { scoresOf } from "./classification.ts";
import { areaUnderCurve } from "./ranking.ts";
import { scoreEdges } from "./scoreBins.ts";

/** A prediction of the reference whose label is known: its score is the stated chance of the positive class. */
export type ReferencePrediction = {
  readonly score: number;
  /** What was predicted, and what was true: whether the positive class. */
  readonly predicted: boolean;
  readonly positive: boolean;
};

/** What estimates are made with and held against. Plain JSON. */
export type EstimateReference = CbpeReference & {
  /** Of the measured figures of the reference's chunks; undefined below two chunks with the figure. */
  readonly limits: Readonly<Record<"accuracy" | "f1" | "auc", EstimateLimits | undefined>>;
};

/** The reference of estimates, from its predictions in the order of time. `chunkRows` is the size that windows will have. */
export function estimateReference(
  predictions: readonly ReferencePrediction[],
  chunkRows: number,
): EstimateReference {
  const chunks = chunksOf(predictions, chunkRows);
  const limitsOf = (figure: (chunk: readonly ReferencePrediction[]) => number | undefined) =>
    estimateLimits(chunks.map(figure).filter((value) => value !== undefined));
  return {
    calibrator: calibratorFor(
      predictions.map(({ score, positive }) => ({ chance: score, positive })),
    ),
    edges: scoreEdges(predictions.map(({ score }) => score)),
    limits: { accuracy: limitsOf(accuracyOf), f1: limitsOf(f1Of), auc: limitsOf(areaOf) },
  };
}

/** Whole chunks; a rest that is smaller would vary more. */
function chunksOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.floor(items.length / size) }, (_, place) =>
    items.slice(place * size, (place + 1) * size),
  );
}

function accuracyOf(chunk: readonly ReferencePrediction[]): number {
  return chunk.filter(({ predicted, positive }) => predicted === positive).length / chunk.length;
}

function f1Of(chunk: readonly ReferencePrediction[]): number {
  const count = (predicted: boolean, positive: boolean) =>
    chunk.filter((each) => each.predicted === predicted && each.positive === positive).length;
  return scoresOf({ tp: count(true, true), fp: count(true, false), fn: count(false, true) }).f1;
}

function areaOf(chunk: readonly ReferencePrediction[]): number | undefined {
  return areaUnderCurve(
    chunk.map(({ score, positive }) => ({
      score,
      positive: positive ? 1 : 0,
      negative: positive ? 0 : 1,
    })),
  );
}
