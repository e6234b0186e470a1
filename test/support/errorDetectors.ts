// Detectors of a rising error rate that the product leaves out, as references for what ADWIN is chosen over: on a stream without change
// DDM and EDDM raise false alarms, and both HDDM find what ADWIN finds. Each begins anew after an alarm, as river does.

/** Indices of the values at which a detector says that errors (1, otherwise 0) became more frequent. */
export type ErrorDetector = (stream: readonly number[]) => readonly number[];

type Step = (value: number) => boolean;

/** Drift detection method (Gama and others, SBIA 2004): the rate and its deviation leave their minimum by three deviations. */
export const ddm: ErrorDetector = alarms(() => {
  let [n, errors] = [0, 0];
  let lowest = { rate: 0, deviation: 0, sum: Number.POSITIVE_INFINITY };
  return (value) => {
    n += 1;
    errors += value;
    const rate = errors / n;
    const deviation = Math.sqrt((rate * (1 - rate)) / n);
    const sum = rate + deviation;
    lowest = n > 30 && sum <= lowest.sum ? { rate, deviation, sum } : lowest;
    return n > 30 && sum > lowest.rate + 3 * lowest.deviation;
  };
});

/** Early drift detection method (Baena-García and others 2006): the distance between errors falls below nine tenths of its maximum. */
export const eddm: ErrorDetector = alarms(() => {
  let [n, last, errors, mean, squares, highest] = [0, 0, 0, 0, 0, -1];
  return (value) => {
    n += 1;
    if (value !== 1) {
      return false;
    }
    errors += 1;
    const before = n - last - mean;
    mean += before / errors;
    squares += before * (n - last - mean);
    last = n;
    if (n <= 30) {
      return false;
    }
    const length = mean + 2 * Math.sqrt(errors > 1 ? squares / (errors - 1) : 0);
    const grown = length > highest;
    highest = Math.max(highest, length);
    return !grown && errors > 30 && length / highest < 0.9;
  };
});

/** Hoeffding's bound on means (Frías-Blanco and others, IEEE TKDE 27, 2015): the mean since the start against that up to its lowest point. */
export const hddmA: ErrorDetector = alarms(() => {
  const confidence = 0.001;
  const bound = (n: number) => Math.sqrt(Math.log(1 / confidence) / (2 * n));
  let [n, sum] = [0, 0];
  let lowest = { n: 0, mean: 0 };
  return (value) => {
    n += 1;
    sum += value;
    const mean = sum / n;
    if (lowest.n === 0 || lowest.mean + bound(lowest.n) >= mean + bound(n)) {
      lowest = { n, mean };
    }
    const spread = (n - lowest.n) / (lowest.n * n);
    return lowest.n < n && mean - lowest.mean >= Math.sqrt((spread / 2) * Math.log(2 / confidence));
  };
});

/** The same with exponentially weighted means and McDiarmid's bound. */
export const hddmW: ErrorDetector = alarms(() => {
  const none: Weighted = { mean: 0, weight: 1, empty: true };
  const bound = (weight: number) => Math.sqrt((weight * Math.log(1 / 0.001)) / 2);
  let [all, older, newer, cut] = [none, none, none, Number.POSITIVE_INFINITY];
  return (value) => {
    all = weighted(all, value);
    if (all.mean + bound(all.weight) < cut) {
      cut = all.mean + bound(all.weight);
      [older, newer] = [all, none];
    } else {
      newer = weighted(newer, value);
    }
    return !newer.empty && newer.mean - older.mean > bound(older.weight + newer.weight);
  };
});

type Weighted = { readonly mean: number; readonly weight: number; readonly empty: boolean };

function weighted({ mean, weight, empty }: Weighted, value: number): Weighted {
  return {
    mean: empty ? value : 0.05 * value + 0.95 * mean,
    weight: 0.05 ** 2 + 0.95 ** 2 * weight,
    empty: false,
  };
}

function alarms(start: () => Step): ErrorDetector {
  return (stream) => {
    let step = start();
    return stream.flatMap((value, index) => {
      const alarm = step(value);
      step = alarm ? start() : step;
      return alarm ? [index] : [];
    });
  };
}
