import { EXCLUSIONS } from "../core/evidence/outcome.ts";
import { PHASES } from "../core/rollout/state.ts";
import { sameTraffic } from "../core/traffic.ts";
import { forgetRollout } from "../metrics/rollout.ts";
import type { Metrics } from "../metrics.ts";
import type { RolloutView } from "../ports.ts";
import { WatchGauges } from "./watchGauges.ts";

/** The newest view of every rollout, for whoever asks, watches or scrapes. */
export class ViewBoard {
  readonly #metrics: Metrics;
  readonly #watchGauges: WatchGauges;
  readonly #views = new Map<string, RolloutView>();
  /** What the gauges of each rollout say; most turns change nothing, and a gauge is slow to set. */
  readonly #excluded = new Map<string, Readonly<Record<string, number>>>();
  readonly #listeners = new Map<string, Set<(view: RolloutView) => void>>();

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
    this.#watchGauges = new WatchGauges(metrics);
  }

  list(): readonly RolloutView[] {
    return [...this.#views.values()].sort((a, b) => (a.plan.name < b.plan.name ? -1 : 1));
  }

  get(name: string): RolloutView | undefined {
    return this.#views.get(name);
  }

  /** Calls the listener with every new view of the name until the returned function is called. */
  watch(name: string, listener: (view: RolloutView) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(name) === listeners) {
        this.#listeners.delete(name);
      }
    };
  }

  /** Shows the view; tells the listeners when it says something new. One that was deleted is told of once, and shown no more. */
  publish(view: RolloutView): void {
    const { name } = view.plan;
    if (view.state.deletedAtMs !== undefined) {
      this.#forget(view);
      return;
    }
    this.#measureExcluded(view);
    const before = this.#views.get(name);
    if (before !== undefined && isSame(before, view)) {
      return;
    }
    this.#views.set(name, view);
    this.#measure(view);
    this.#tell(view);
  }

  #forget(view: RolloutView): void {
    const { name } = view.plan;
    if (this.#views.delete(name)) {
      this.#excluded.delete(name);
      this.#watchGauges.forget(name);
      forgetRollout(this.#metrics, name, {
        phases: PHASES,
        guardrails: view.verdict.guardrails.map((guardrail) => guardrail.name),
        reasons: Object.keys(view.excluded),
      });
      this.#tell(view);
    }
  }

  #tell(view: RolloutView): void {
    for (const listener of this.#listeners.get(view.plan.name) ?? []) {
      listener(view);
    }
  }

  #measureExcluded({ plan, excluded }: RolloutView): void {
    const rollout = plan.name;
    const before = this.#excluded.get(rollout);
    for (const reason of EXCLUSIONS) {
      if (before?.[reason] !== excluded[reason]) {
        this.#metrics.rolloutExcluded.set({ rollout, reason }, excluded[reason]);
      }
    }
    this.#excluded.set(rollout, excluded);
  }

  #measure(view: RolloutView): void {
    const metrics = this.#metrics;
    const rollout = view.plan.name;
    metrics.rolloutCandidateBp.set({ rollout }, view.traffic.candidateBp);
    metrics.rolloutShadowBp.set({ rollout }, view.traffic.shadowBp);
    metrics.rolloutGeneration.set({ rollout }, view.traffic.generation);
    metrics.rolloutStep.set({ rollout }, view.state.stepIndex);
    const isInForce = view.inForce !== undefined && sameTraffic(view.inForce, view.traffic);
    metrics.rolloutInForce.set({ rollout }, Number(isInForce));
    for (const phase of PHASES) {
      metrics.rolloutPhase.set({ rollout, phase }, Number(phase === view.state.phase));
    }
    const { pairs, requests } = view.evidence;
    metrics.rolloutPairs.set({ rollout }, pairs);
    metrics.rolloutRequests.set({ rollout, variant: "primary" }, requests.primary);
    metrics.rolloutRequests.set({ rollout, variant: "candidate" }, requests.candidate);
    for (const { name: guardrail, logEBad, logEGood } of view.verdict.guardrails) {
      metrics.guardrailLogE.set({ rollout, guardrail, against: "bad" }, logEBad);
      metrics.guardrailLogE.set({ rollout, guardrail, against: "good" }, logEGood);
    }
    this.#watchGauges.show(view);
  }
}

function isSame(a: RolloutView, b: RolloutView): boolean {
  return (
    a.state === b.state &&
    a.verdict === b.verdict &&
    a.evidence === b.evidence &&
    a.watched === b.watched &&
    a.problem === b.problem &&
    a.asking === b.asking &&
    a.unready?.primary === b.unready?.primary &&
    a.unready?.candidate === b.unready?.candidate &&
    a.inForce?.generation === b.inForce?.generation &&
    a.inForce?.candidateBp === b.inForce?.candidateBp &&
    a.inForce?.shadowBp === b.inForce?.shadowBp
  );
}
