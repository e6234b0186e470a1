import { logMeanExp, logSpaced } from "../special.ts";

/** Pairs with a label, by which variant was right: both or neither, only the primary (`worse`), only the candidate (`better`). */
export type Paired = { readonly worse: number; readonly better: number; readonly tied: number };

/** No pair yet. */
export const NO_PAIRED: Paired = { worse: 0, better: 0, tied: 0 };

/** Sums two counts. */
export function addPaired(a: Paired, b: Paired): Paired {
  return { worse: a.worse + b.worse, better: a.better + b.better, tied: a.tied + b.tied };
}

const shares = logSpaced({ from: 0.005, to: 0.9, count: 24 });

/**
 * ln of the e-process against "the candidate's accuracy is at most `margin` (in [0, 1)) below the primary's": with D = 1, -1 or 0 for worse,
 * better and tied, the mean over 24 bets of prod(1 + lambda (D - margin)). Each factor is positive and has a mean of at most 1 where
 * E[D] <= margin. At a margin of 0 ties say nothing: McNemar's test.
 */
export function logLessAccurate(seen: Paired, margin: number): number {
  return logBets(seen, { sign: 1, margin });
}

/** ln of the e-process against "the candidate's accuracy is `margin` or more below the primary's". */
export function logAccurateEnough(seen: Paired, margin: number): number {
  return logBets(seen, { sign: -1, margin });
}

function logBets(
  { worse, better, tied }: Paired,
  { sign, margin }: { readonly sign: 1 | -1; readonly margin: number },
): number {
  const loss = 1 + sign * margin;
  const gain = (lambda: number, difference: number) =>
    Math.log1p(lambda * sign * (difference - margin));
  return logMeanExp(
    shares.map((part) => {
      const lambda = part / loss;
      return worse * gain(lambda, 1) + better * gain(lambda, -1) + tied * gain(lambda, 0);
    }),
  );
}
