/** A score, and how many positive and negative examples have it; parts of examples are allowed. */
export type Ranked = {
  readonly score: number;
  readonly positive: number;
  readonly negative: number;
};

/**
 * Area under the ROC curve: the chance that a positive example scores above a negative one, ties counting half. Exact, from the examples
 * themselves. Undefined without examples of both kinds.
 */
export function areaUnderCurve(examples: readonly Ranked[]): number | undefined {
  let [positives, negatives, area] = [0, 0, 0];
  for (const { positive, negative } of byScore(examples)) {
    area += negative * (positives + positive / 2);
    positives += positive;
    negatives += negative;
  }
  return positives === 0 || negatives === 0 ? undefined : area / (positives * negatives);
}

/**
 * Average precision: the sum over falling thresholds of (gain in recall) x precision, examples of one score being taken together, as in
 * scikit-learn. Undefined without a positive example.
 */
export function averagePrecision(examples: readonly Ranked[]): number | undefined {
  let [positives, all, sum] = [0, 0, 0];
  for (const { positive, negative } of byScore(examples)) {
    positives += positive;
    all += positive + negative;
    sum += positive === 0 ? 0 : (positive * positives) / all;
  }
  return positives === 0 ? undefined : sum / positives;
}

/** The examples with the highest scores first, those of one score as one. */
function byScore(examples: readonly Ranked[]): readonly Ranked[] {
  const merged: Ranked[] = [];
  for (const example of examples.toSorted((a, b) => b.score - a.score)) {
    const last = merged.at(-1);
    if (last?.score === example.score) {
      const positive = last.positive + example.positive;
      merged[merged.length - 1] = { ...last, positive, negative: last.negative + example.negative };
    } else {
      merged.push(example);
    }
  }
  return merged;
}
