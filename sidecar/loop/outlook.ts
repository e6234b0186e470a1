import type { Plan } from "../core/plan/plan.ts";
import type { GateAnswer } from "../core/rollout/dueGate.ts";
import type { Unready } from "../core/rollout/hold.ts";
import type { Metrics } from "../metrics.ts";
import type { Hooks } from "../ports/hooks.ts";
import type { Probe } from "../ports/probe.ts";
import type { Clock, Log, RolloutView } from "../ports.ts";
import { type Gated, GateKeeper } from "./gateKeeper.ts";
import { ReadinessProber } from "./readinessProber.ts";

/** What is asked of others about rollouts, and by whom. */
export type OutlookParts = {
  /** What gates are asked; nothing is listed when it is absent. */
  readonly hooks?: Hooks | undefined;
  /** Who asks for readiness; every variant is taken to be ready when it is absent. */
  readonly probe?: Probe | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Called when something that may matter was answered. */
  readonly nudge: () => void;
};

/** What others say of rollouts: which variants are ready, and what gates answer. Nobody waits for it. */
export class Outlook {
  readonly #gates: GateKeeper;
  readonly #prober: ReadinessProber;

  constructor({ hooks = new Map(), probe = READY, nudge, ...parts }: OutlookParts) {
    this.#gates = new GateKeeper({ ...parts, hooks, answered: nudge });
    this.#prober = new ReadinessProber({ ...parts, probe, changed: nudge });
  }

  /** Throws RequestError "refused" when a plan names a gate that nobody has listed here. */
  check(plan: Plan): void {
    this.#gates.check(plan);
  }

  /** Which variants of a rollout can't take users, as far as is known. */
  unready({ plan, state }: Pick<Gated, "plan" | "state">): Unready | undefined {
    return this.#prober.look(plan, state);
  }

  /** What people see of it. */
  shown({ plan, state }: Pick<Gated, "plan" | "state">): Pick<RolloutView, "asking" | "unready"> {
    const [unready, asking] = [this.#prober.look(plan, state), this.#gates.asking(plan.name)];
    return { ...(unready && { unready }), ...(asking && { asking }) };
  }

  /** What the gate that is due has answered, if it has. */
  answer(rollout: Gated): GateAnswer | undefined {
    return this.#gates.look(rollout);
  }

  /** Ends what is under way, and asks nothing more. */
  async stop(): Promise<void> {
    await Promise.all([this.#gates.stop(), this.#prober.stop()]);
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await Promise.all([this.#gates.settled(), this.#prober.settled()]);
  }
}

const READY: Probe = { check: () => Promise.resolve() };
