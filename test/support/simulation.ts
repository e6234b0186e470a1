import type { Batch } from "../../sidecar/core/evidence/batch.ts";
import { addBlock } from "../../sidecar/core/evidence/block.ts";
import type { Count } from "../../sidecar/core/evidence/count.ts";
import { type Evidence, emptyEvidence } from "../../sidecar/core/evidence/evidence.ts";
import type { RateBatch } from "../../sidecar/core/evidence/rate.ts";
import { judge } from "../../sidecar/core/judge.ts";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import type { Step } from "../../sidecar/core/plan/step.ts";
import { batchOf } from "./evidence.ts";
import { type Random, seeded } from "./random.ts";

/** True rates during one batch: of the primary and of the candidate, and of disagreement. */
export type Truth = {
  readonly errors: { readonly primary: number; readonly candidate: number };
  readonly slow: { readonly primary: number; readonly candidate: number };
  readonly disagreement: number;
};

/** What is simulated: batches of so many requests and pairs, each followed by a look. */
export type Scenario = {
  readonly plan: Plan;
  readonly step: Step;
  readonly looks: number;
  readonly runs: number;
  /** Requests of each variant and pairs in the batch of that index, which may change as a rollout goes on. */
  readonly traffic: (index: number) => {
    readonly primary: number;
    readonly candidate: number;
    readonly pairs: number;
    readonly generation?: number;
  };
  readonly truth: (index: number) => Truth;
};

/** How one run ended: by which judgement, after which evidence. */
export type Ending = {
  readonly judgement: "pass" | "fail" | "inconclusive";
  readonly evidence: Evidence;
};

/** Runs a scenario from seed 1 on; each run ends with the first look that decides, or with the last. */
export function simulate(scenario: Scenario): readonly Ending[] {
  return Array.from({ length: scenario.runs }, (_, run) => simulateOnce(scenario, seeded(run + 1)));
}

/** How many runs ended so. */
export function countEndings(endings: readonly Ending[], judgement: Ending["judgement"]): number {
  return endings.filter((ending) => ending.judgement === judgement).length;
}

/** The most successes that n trials of this chance show, but for one case in a thousand. */
export function mostOf(n: number, chance: number): number {
  let probability = (1 - chance) ** n;
  let below = probability;
  let most = 0;
  while (below < 0.999) {
    most += 1;
    probability *= ((n - most + 1) / most) * (chance / (1 - chance));
    below += probability;
  }
  return most;
}

/** The value that a share of the numbers lies below or at. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
}

function simulateOnce({ plan, step, looks, traffic, truth }: Scenario, random: Random): Ending {
  let before = emptyEvidence(plan);
  let block: readonly Batch[] = [];
  let evidence = before;
  for (let index = 0; index < looks; index += 1) {
    const size = traffic(index);
    const { errors, slow, disagreement } = truth(index);
    const count = (n: number, rate: number): Count => ({ n, k: random.binomial(n, rate) });
    const rates = (of: { primary: number; candidate: number }): RateBatch => ({
      primary: count(size.primary, of.primary),
      candidate: count(size.candidate, of.candidate),
    });
    const pairs = count(size.pairs, disagreement);
    const { generation = 1 } = size;
    const batch = batchOf({ generation, errors: rates(errors), slow: rates(slow), pairs });
    if (isOver(block, generation)) {
      before = evidence;
      block = [];
    }
    block = [...block, batch];
    evidence = addBlock(plan, before, block);
    const { judgement } = judge(plan, step, evidence);
    if (judgement !== "inconclusive") {
      return { judgement, evidence };
    }
  }
  return { judgement: "inconclusive", evidence };
}

/** Blocks as the sidecar makes them, by requests. */
function isOver(block: readonly Batch[], generation: number): boolean {
  const requests = block.reduce(
    (sum, batch) => sum + batch.requests.primary + batch.requests.candidate,
    0,
  );
  return requests >= 1_000 || block.some((batch) => batch.generation !== generation);
}
