import { exactShare } from "../beta.ts";
import type { Plan } from "../plan/plan.ts";
import { seeded } from "./random.ts";
import { type Run, simulateRun } from "./run.ts";
import { simulatedPlan } from "./simulated.ts";
import type { Truth } from "./truth.ts";

/** Quantiles of a number over the runs. */
export type Quantiles = { readonly median: number; readonly p90: number };

/** How often runs ended so: how many, their share, and where the share is with 95 % confidence. */
export type Share = { readonly share: number; readonly from: number; readonly to: number };

/** What many simulated rollouts of one plan under one truth did. */
export type Simulation = {
  readonly runs: number;
  /** Runs that ended so. */
  readonly promoted: number;
  readonly rolledBack: number;
  readonly undecided: number;
  /** User requests of both variants behind the end of a run. */
  readonly requests: Quantiles;
  /** User requests that the candidate answered until then. */
  readonly exposed: Quantiles;
  readonly seconds: Quantiles;
  readonly shares: {
    readonly promoted: Share;
    readonly rolledBack: Share;
    readonly undecided: Share;
  };
  /** The same by how runs ended; undefined where none did. */
  readonly promotions: Ended | undefined;
  readonly rollbacks: Ended | undefined;
};

/** Runs of one ending. */
export type Ended = {
  readonly requests: Quantiles;
  readonly exposed: Quantiles;
  readonly seconds: Quantiles;
  /** Why they ended so, most frequent first, at most five: the names before the first colon. */
  readonly reasons: readonly { readonly reason: string; readonly runs: number }[];
};

const CONFIDENCE_ALPHA = 0.05;
const REASONS_SHOWN = 5;

/** Runs a plan's rollout, as `simulatedPlan` has it, `runs` times (at least once) against a truth, each run with a random sequence of its own from the seed. */
export function simulate(
  plan: Plan,
  truth: Truth,
  { runs, seed }: { readonly runs: number; readonly seed: number },
): Simulation {
  const seeds = seeded(seed);
  const played = simulatedPlan(plan);
  const done: Run[] = [];
  for (let index = 0; index < runs; index += 1) {
    done.push(simulateRun(played, truth, seeded(Math.floor(seeds.next() * 2 ** 32))));
  }
  return summaryOf(done);
}

/** What a list of runs, at least one, did. */
export function summaryOf(done: readonly Run[]): Simulation {
  const runs = done.length;
  const ended = (ending: Run["ending"]) => done.filter((run) => run.ending === ending);
  const [promoted, rolledBack, undecided] = [
    ended("promoted"),
    ended("rolledBack"),
    ended("undecided"),
  ];
  const shareOf = ({ length: k }: readonly Run[]): Share => {
    const [from, to] = exactShare({ n: runs, k }, CONFIDENCE_ALPHA);
    return { share: k / runs, from, to };
  };
  return {
    runs,
    promoted: promoted.length,
    rolledBack: rolledBack.length,
    undecided: undecided.length,
    ...quantilesOf(done),
    shares: {
      promoted: shareOf(promoted),
      rolledBack: shareOf(rolledBack),
      undecided: shareOf(undecided),
    },
    promotions: endedOf(promoted),
    rollbacks: endedOf(rolledBack),
  };
}

function quantilesOf(done: readonly Run[]): Pick<Ended, "requests" | "exposed" | "seconds"> {
  return {
    requests: quantiles(done.map(({ requests }) => requests)),
    exposed: quantiles(done.map(({ exposed }) => exposed)),
    seconds: quantiles(done.map(({ seconds }) => seconds)),
  };
}

function endedOf(done: readonly Run[]): Ended | undefined {
  return done.length === 0 ? undefined : { ...quantilesOf(done), reasons: reasonsOf(done) };
}

function reasonsOf(done: readonly Run[]): Ended["reasons"] {
  const counts = new Map<string, number>();
  for (const { reason } of done) {
    const [name = ""] = reason.split(":", 1);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, REASONS_SHOWN)
    .map(([reason, runs]) => ({ reason, runs }));
}

function quantiles(numbers: readonly number[]): Quantiles {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  return { median: at(0.5), p90: at(0.9) };
}
