import { binOf } from "./scoreBins.ts";

/** A score, and what came: a chance or 0 and 1. */
export type Point = { readonly x: number; readonly y: number };

/**
 * The rising function that is nearest to points in squares: straight between `xs`, level outside. The first and last x of each level
 * stretch, ascending. Plain JSON.
 */
export type Isotonic = { readonly xs: readonly number[]; readonly ys: readonly number[] };

type Block = {
  readonly from: number;
  readonly to: number;
  readonly sum: number;
  readonly n: number;
};

/** Pool-adjacent-violators (Ayer and others 1955): points of one x are one, then neighbours that fall are pooled. At least one point. */
export function fitIsotonic(points: readonly Point[]): Isotonic {
  const blocks: Block[] = [];
  for (const block of distinct(points)) {
    let pooled = block;
    for (
      let last = blocks.at(-1);
      last !== undefined && falls(last, pooled);
      last = blocks.at(-1)
    ) {
      blocks.pop();
      pooled = { from: last.from, to: pooled.to, sum: last.sum + pooled.sum, n: last.n + pooled.n };
    }
    blocks.push(pooled);
  }
  const ends = blocks.map((block) =>
    block.from === block.to ? [block.from] : [block.from, block.to],
  );
  return {
    xs: ends.flat(),
    ys: ends.flatMap((xs, place) => xs.map(() => meanOf(blocks[place]))),
  };
}

/** The fitted value at x. */
export function isotonicAt({ xs, ys }: Isotonic, x: number): number {
  const right = binOf(xs, x);
  const [x0, y0] = [xs[right - 1], ys[right - 1]];
  const [x1, y1] = [xs[right], ys[right]];
  if (x0 === undefined || y0 === undefined) {
    return y1 ?? Number.NaN;
  }
  return x1 === undefined || y1 === undefined ? y0 : y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
}

function distinct(points: readonly Point[]): readonly Block[] {
  const blocks: Block[] = [];
  for (const { x, y } of points.toSorted((a, b) => a.x - b.x)) {
    const last = blocks.at(-1);
    if (last?.from === x) {
      blocks[blocks.length - 1] = { ...last, sum: last.sum + y, n: last.n + 1 };
    } else {
      blocks.push({ from: x, to: x, sum: y, n: 1 });
    }
  }
  return blocks;
}

/** Equal means are pooled too, so that stretches are as long as they can be. */
function falls(before: Block, after: Block): boolean {
  return before.sum * after.n >= after.sum * before.n;
}

function meanOf(block: Block | undefined): number {
  return block === undefined ? 0 : block.sum / block.n;
}
