import { bernoulliInterval, type Interval } from "../evidence/bernoulliInterval.ts";
import { type ClassCount, type Confusion, countsByClass } from "./confusion.ts";

/**
 * Where the F1 of a class lies, right at every look at once with chance 1 - alpha. J = TP / (TP + FP + FN) is the rate at which a prediction
 * that is positive, or should be, is both: the mean of 0s and 1s. F1 = 2 J / (1 + J) rises with J, so the ends of J's interval
 * (`bernoulliInterval`) are those of F1. Everything while no such prediction was seen.
 */
export function f1Interval({ tp, fp, fn }: ClassCount, alpha: number): Interval {
  const { from, to } = bernoulliInterval({ n: tp + fp + fn, k: tp }, alpha);
  return { from: f1At(from), to: f1At(to) };
}

/**
 * Where the mean F1 of the classes lies, at every look with chance 1 - alpha: each class at alpha / K, and the ends averaged. The K classes
 * must be named from the start, as the mean over those seen so far would be about something else at each look.
 */
export function macroF1Interval(confusion: Confusion, alpha: number): Interval {
  const counts = countsByClass(confusion);
  if (counts.length === 0) {
    return { from: 0, to: 1 };
  }
  const intervals = counts.map((count) => f1Interval(count, alpha / counts.length));
  const mean = (end: keyof Interval) =>
    intervals.reduce((sum, interval) => sum + interval[end], 0) / intervals.length;
  return { from: mean("from"), to: mean("to") };
}

/** Where the accuracy lies, at every look with chance 1 - alpha. */
export function accuracyInterval(
  { n, correct }: Pick<Confusion, "n" | "correct">,
  alpha: number,
): Interval {
  return bernoulliInterval({ n, k: correct }, alpha);
}

function f1At(j: number): number {
  return (2 * j) / (1 + j);
}
