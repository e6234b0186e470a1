import { seeded } from "../simulate/random.ts";
import type { Work } from "../work.ts";

/** Places that hashed tokens fall into. */
export const BUCKETS = 4_096;

/** A row as the places of its tokens, each below `BUCKETS`. */
export type Tokens = ArrayLike<number>;

/** Times that every row is learned from. */
const EPOCHS = 3;
/** About what it takes to look at one token of a row. */
const VISIT_US = 0.025;
/** How far one row may move the score. */
const RATE = 0.5;

/** How much speaks for a row being of the second side: the logarithm of the odds. The last weight, at `BUCKETS`, is the bias. */
export function scoreOf(weights: ArrayLike<number>, tokens: Tokens): number {
  let score = weights[BUCKETS] ?? 0;
  for (let index = 0; index < tokens.length; index += 1) {
    score += weights[tokens[index] ?? BUCKETS] ?? 0;
  }
  return score;
}

/**
 * The weights of a logistic regression that tells rows of the second side from those of the first, by stochastic gradient descent with a
 * rate for each weight (AdaGrad; Duchi, Hazan and Singer, JMLR 12, 2011). Both sides count alike, however many rows they have. The seed
 * gives the order of the rows. Each piece of the work looks once at every row.
 */
export function* trainLogistic(
  sides: { readonly first: readonly Tokens[]; readonly second: readonly Tokens[] },
  seed: number,
): Work<Float64Array> {
  const weights = new Float64Array(BUCKETS + 1);
  const squares = new Float64Array(BUCKETS + 1).fill(1);
  const { first, second } = sides;
  const half = (first.length + second.length) / 2;
  const rows = [
    ...first.map((tokens) => ({ tokens, label: 0, mass: half / first.length })),
    ...second.map((tokens) => ({ tokens, label: 1, mass: half / second.length })),
  ];
  const random = seeded(seed);
  for (let epoch = 0; epoch < EPOCHS; epoch += 1) {
    shuffle(rows, () => random.next());
    for (const { tokens, label, mass } of rows) {
      const error = mass * (1 / (1 + Math.exp(-scoreOf(weights, tokens))) - label);
      learn(weights, squares, { tokens, error });
    }
    yield visitsUs(rows.map(({ tokens }) => tokens));
  }
  return weights;
}

/** About how many microseconds it takes to look at all tokens of rows, which have equally many. */
export function visitsUs(rows: readonly Tokens[]): number {
  return rows.length * (rows[0]?.length ?? 0) * VISIT_US;
}

function learn(
  weights: Float64Array,
  squares: Float64Array,
  { tokens, error }: { readonly tokens: Tokens; readonly error: number },
): void {
  const step = RATE / Math.sqrt(tokens.length + 1);
  for (let index = 0; index <= tokens.length; index += 1) {
    const place = tokens[index] ?? BUCKETS;
    const square = (squares[place] ?? 1) + error * error;
    squares[place] = square;
    weights[place] = (weights[place] ?? 0) - (step * error) / Math.sqrt(square);
  }
}

/** Fisher and Yates. */
function shuffle<T>(items: T[], next: () => number): void {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = Math.floor(next() * (last + 1));
    const [a, b] = [items[last], items[other]];
    if (a !== undefined && b !== undefined) {
      items[last] = b;
      items[other] = a;
    }
  }
}
