import { type ClassCount, type Confusion, countsByClass, marginsOf } from "./confusion.ts";

/** Shares in [0, 1]; 0 where nothing could be divided by, as in scikit-learn. */
export type Scores = { readonly precision: number; readonly recall: number; readonly f1: number };

/** How well one class was recognised. */
export type ClassScores = Scores & { readonly name: string; readonly support: number };

/** What a confusion matrix says. Definitions of scikit-learn 1.9. */
export type Classification = {
  readonly n: number;
  readonly accuracy: number;
  /** Mean recall of the classes that were true at least once. */
  readonly balancedAccuracy: number;
  /** Cohen's kappa, in [-1, 1]: agreement beyond what the margins alone would give. */
  readonly kappa: number;
  /** Matthews's correlation for any number of classes (Gorodkin 2004), in [-1, 1]. */
  readonly mcc: number;
  /** Means over the classes that were true or predicted at least once. */
  readonly macro: Scores;
  /** Of all decisions together: each is the accuracy, as every prediction has one class. */
  readonly micro: Scores;
  /** Means over the classes, weighted by how often each was true. */
  readonly weighted: Scores;
  readonly classes: readonly ClassScores[];
  /** Predictions where the truth or the prediction is a class beyond the bound; part of n and accuracy, without scores of a class. */
  readonly overflow: number;
};

/** The figures of a confusion matrix; undefined when it is empty: no data is no figure. */
export function classificationOf(confusion: Confusion): Classification | undefined {
  const { n, correct, overflow } = confusion;
  if (n === 0) {
    return undefined;
  }
  const counts = countsByClass(confusion);
  const present = counts.flatMap((count, place) =>
    count.tp + count.fp + count.fn === 0
      ? []
      : [
          {
            name: confusion.classes[place] ?? "",
            support: count.tp + count.fn,
            ...scoresOf(count),
          },
        ],
  );
  const accuracy = correct / n;
  const recalls = present.filter(({ support }) => support > 0);
  const supported = recalls.reduce((sum, { support }) => sum + support, 0);
  return {
    n,
    accuracy,
    balancedAccuracy: meanOf(recalls, (each) => each.recall / recalls.length),
    ...agreement(confusion),
    macro: averages(present, () => 1 / present.length),
    micro: { precision: accuracy, recall: accuracy, f1: accuracy },
    weighted: averages(present, ({ support }) => over(support, supported)),
    classes: present,
    overflow,
  };
}

/** Precision, recall and F1 of one class. */
export function scoresOf({ tp, fp, fn }: ClassCount): Scores {
  return {
    precision: over(tp, tp + fp),
    recall: over(tp, tp + fn),
    f1: over(2 * tp, 2 * tp + fp + fn),
  };
}

function averages(
  classes: readonly ClassScores[],
  weight: (scores: ClassScores) => number,
): Scores {
  return {
    precision: meanOf(classes, (each) => each.precision * weight(each)),
    recall: meanOf(classes, (each) => each.recall * weight(each)),
    f1: meanOf(classes, (each) => each.f1 * weight(each)),
  };
}

/** The sum of parts that are weighted already. */
function meanOf(classes: readonly ClassScores[], part: (scores: ClassScores) => number): number {
  return classes.reduce((sum, each) => sum + part(each), 0);
}

function agreement(confusion: Confusion): Pick<Classification, "kappa" | "mcc"> {
  const { n, correct } = confusion;
  const { truths, predictions } = marginsOf(confusion);
  const dot = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, place) => sum + value * (b[place] ?? 0), 0);
  const both = dot(truths, predictions);
  const covariance = correct * n - both;
  const spread = (n * n - dot(truths, truths)) * (n * n - dot(predictions, predictions));
  return { kappa: over(covariance, n * n - both), mcc: over(covariance, Math.sqrt(spread)) };
}

function over(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
