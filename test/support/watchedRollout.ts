import { emptyEvidence } from "../../sidecar/core/evidence/evidence.ts";
import type { MaturedCase } from "../../sidecar/core/performance/maturity.ts";
import type { Prediction } from "../../sidecar/core/performance/prediction.ts";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import { evolve } from "../../sidecar/core/rollout/evolve.ts";
import { start } from "../../sidecar/core/rollout/start.ts";
import type { Row } from "../../sidecar/core/watch/driftWatch.ts";
import { Runner } from "../../sidecar/loop/runner.ts";
import type { RolloutView } from "../../sidecar/ports.ts";
import { profileOfColumns } from "./builtProfiles.ts";
import { errorRate, observationWith, planWith } from "./evidence.ts";
import { type Random, seeded } from "./random.ts";

/** When the first request of a watched rollout began. */
export const BEGAN_MS: number = Date.UTC(2026, 0, 2, 3, 4, 5);
const HOUR_MS = 3_600_000;
const HORIZON_MS = 60_000;

function patient(random: Random, older: number): { age: number; sex: string } {
  return { age: 20 + 60 * random.next() + older, sex: random.next() < 0.5 ? "f" : "m" };
}

/** A plan that watches labels, and drift in age and sex. */
export async function watchedPlan(): Promise<Plan> {
  const random = seeded(1);
  const rows = Array.from({ length: 2_000 }, () => patient(random, 0));
  return {
    ...planWith([errorRate]),
    labels: { horizonMs: HORIZON_MS, missing: "exclude", coverage: 0.8, positive: "ill" },
    drift: {
      reference: await profileOfColumns({
        age: rows.map(({ age }) => age),
        sex: rows.map(({ sex }) => sex),
      }),
      features: [],
      windowRows: 500,
      windowMs: HOUR_MS,
      falseAlarmEveryMs: 30 * 24 * HOUR_MS,
    },
  };
}

/** A rollout in memory that sees rows and predictions as it is told to. */
export class WatchedRollout {
  readonly #runner: Runner;
  #seen: { readonly row: Row | undefined; readonly predictions: readonly Prediction[] } = {
    row: undefined,
    predictions: [],
  };

  constructor(plan: Plan) {
    const evidence = emptyEvidence(plan);
    const started = { nowMs: BEGAN_MS, by: "test", previous: undefined, generationInForce: 0 };
    const state = evolve(undefined, start(plan, { ...started, evidence }));
    this.#runner = new Runner(
      { plan, state, evidence: [] },
      {
        wallMs: BEGAN_MS,
        makeExaminer: () => () => ({ comparison: undefined, ...this.#seen }),
        note: () => undefined,
      },
    );
  }

  /** Requests of patients who are older than the reference's, of whom the variants say what their scores say. */
  see(count: number, { older, seed }: { readonly older: number; readonly seed: number }): void {
    const random = seeded(seed);
    for (let place = 0; place < count; place += 1) {
      const score = random.next();
      const label = score >= 0.5 ? "ill" : "well";
      const said = { rollout: "test", id: `p${place}`, version: "v", atMs: BEGAN_MS, label, score };
      this.#seen = {
        row: patient(random, older),
        predictions: [
          { ...said, variant: "primary" },
          { ...said, variant: "candidate" },
        ],
      };
      this.#runner.observe(observationWith({}));
    }
  }

  /** Predictions that come of age, nine in ten with a label: the candidate says what its score says, the primary the opposite in a tenth. */
  label(count: number): void {
    const random = seeded(count);
    const cases = Array.from({ length: count }, (_, place): MaturedCase => {
      const score = random.next();
      const truth = random.next() < score ? "ill" : "well";
      const slice = place % 4 === 0 ? "south" : "north";
      const said = { version: "v", atMs: BEGAN_MS, score, slice };
      const saysIll = score >= 0.5;
      return {
        id: `r${place}`,
        atMs: BEGAN_MS,
        label: place % 10 === 0 ? undefined : truth,
        predictions: {
          primary: { ...said, label: saysIll === (place % 10 !== 5) ? "ill" : "well" },
          candidate: { ...said, label: saysIll ? "ill" : "well" },
        },
      };
    });
    this.#runner.countLabels(cases, BEGAN_MS + HORIZON_MS);
  }

  /** Looks at a time after the first request, and confirms what follows. */
  look(afterMs: number): RolloutView {
    const runner = this.#runner;
    runner.look(BEGAN_MS + afterMs);
    runner.adopt(runner.watcher.events.reduce(evolve, runner.state));
    return runner.view({ inForce: undefined, problem: undefined });
  }
}
