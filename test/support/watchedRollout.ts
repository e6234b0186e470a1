import { thresholdsAt } from "../../sidecar/core/drift/assess.ts";
import { type Evidence, emptyEvidence } from "../../sidecar/core/evidence/evidence.ts";
import { openBook } from "../../sidecar/core/evidence/ingest.ts";
import { judge } from "../../sidecar/core/judge.ts";
import type { MaturedCase } from "../../sidecar/core/performance/maturity.ts";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import type { AnomalyEvent } from "../../sidecar/core/rollout/event.ts";
import { evolve } from "../../sidecar/core/rollout/evolve.ts";
import { start } from "../../sidecar/core/rollout/start.ts";
import type { RolloutState } from "../../sidecar/core/rollout/state.ts";
import { stepAt } from "../../sidecar/core/rollout/stepAt.ts";
import { trafficOf } from "../../sidecar/core/rollout/trafficOf.ts";
import {
  type Going,
  lookAtEstimates,
  lookAtFigures,
  lookForDrift,
  openWatch,
  type Watch,
  watchCases,
  watchPredictions,
  watchRequest,
} from "../../sidecar/core/watch/watch.ts";
import type { RolloutView } from "../../sidecar/ports.ts";
import { profileOfColumns } from "./builtProfiles.ts";
import { errorRate, planWith } from "./evidence.ts";
import { type Random, seeded } from "./random.ts";

/** When the first request of a watched rollout began. */
export const BEGAN_MS: number = Date.UTC(2026, 0, 2, 3, 4, 5);
const HOUR_MS = 3_600_000;
const HORIZON_MS = 60_000;
/** So many looks judge any window. */
const JUDGING_LOOKS = 20;

/** Age and sex, in the order of the reference. */
function patient(random: Random, older: number): readonly [number, string] {
  return [20 + 60 * random.next() + older, random.next() < 0.5 ? "f" : "m"];
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
        age: rows.map(([age]) => age),
        sex: rows.map(([, sex]) => sex),
      }),
      features: [],
      windowRows: 500,
      windowMs: HOUR_MS,
      falseAlarmEveryMs: 30 * 24 * HOUR_MS,
      thresholds: thresholdsAt(0.1),
      streams: { adwin: true, pageHinkley: false },
    },
  };
}

/** A rollout in memory that sees rows and predictions as it is told to. */
export class WatchedRollout {
  readonly #plan: Plan;
  readonly #watch: Watch;
  readonly #evidence: Evidence;
  #state: RolloutState;

  constructor(plan: Plan) {
    const started = { nowMs: BEGAN_MS, by: "test", previous: undefined, generationInForce: 0 };
    this.#plan = plan;
    this.#evidence = emptyEvidence(plan);
    this.#state = evolve(undefined, start(plan, { ...started, evidence: this.#evidence }));
    this.#watch = openWatch(plan, undefined, BEGAN_MS);
  }

  /** Requests of patients who are older than the reference's, of whom the variants say what their scores say. */
  see(count: number, { older, seed }: { readonly older: number; readonly seed: number }): void {
    const random = seeded(seed);
    for (let place = 0; place < count; place += 1) {
      const score = random.next();
      const label = score >= 0.5 ? "ill" : "well";
      const said = { rollout: "test", id: `p${place}`, version: "v", atMs: BEGAN_MS, label, score };
      watchRequest(this.#watch, patient(random, older));
      watchPredictions(this.#watch, [
        { ...said, variant: "primary" },
        { ...said, variant: "candidate" },
      ]);
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
    watchCases(this.#watch, { cases, anomalies: [] }, BEGAN_MS + HORIZON_MS);
  }

  /** What people see after a look, so long after the first request. */
  look(afterMs: number): RolloutView {
    const nowMs = BEGAN_MS + afterMs;
    const isPromoted = this.#state.phase === "promoted";
    for (let look = 0; look < JUDGING_LOOKS; look += 1) {
      this.#follow((anomalies) => lookForDrift(this.#watch, anomalies, nowMs));
    }
    for (const variant of ["primary", "candidate"] as const) {
      this.#follow((anomalies) => lookAtEstimates(this.#watch, variant, { anomalies, nowMs }));
    }
    this.#follow((anomalies) => lookAtFigures(this.#watch, anomalies, { nowMs, isPromoted }));
    const step = stepAt(this.#plan, this.#state.stepIndex);
    return {
      plan: this.#plan,
      state: this.#state,
      traffic: trafficOf(this.#plan, this.#state),
      inForce: undefined,
      problem: undefined,
      verdict: judge(this.#plan, step, this.#evidence),
      evidence: this.#evidence,
      differences: [],
      pairsCompared: 0,
      watched: this.#watch.shown,
      excluded: openBook(this.#plan, this.#evidence, nowMs).excluded,
    };
  }

  #follow(look: (anomalies: Going) => readonly AnomalyEvent[]): void {
    this.#state = look(this.#state.anomalies).reduce(evolve, this.#state);
  }
}
