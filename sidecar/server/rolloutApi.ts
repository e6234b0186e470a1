import { type Explanation, explain } from "../core/explain/explain.ts";
import { canonicalPlan } from "../core/plan/canonicalPlan.ts";
import type { Command } from "../core/rollout/command.ts";
import type { Limits } from "../limits.ts";
import type { Metrics } from "../metrics.ts";
import type { Clock, HistoryEntry, Log, Rollouts, RolloutView } from "../ports.ts";
import { type Asked, audited } from "./audit.ts";
import { readPlan } from "./readPlan.ts";
import { keyOf } from "./requestKey.ts";
import type { ApplyRequest, ChangeRequest, HistoryRequest } from "./rolloutCodec.ts";
import { CallError } from "./status.ts";
import { viewOf, type Watcher, Watchers } from "./watchers.ts";

/** What the API needs of its surroundings. */
export type RolloutParts = {
  readonly rollouts: Rollouts;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly log: Log;
  readonly metrics: Metrics;
};

/** Who asks, by which port, and the caller's own name of the request. */
export type Asker = Pick<Asked, "who" | "via" | "key">;

/** A rollout, explained. */
export type ExplainedRollout = { readonly view: RolloutView; readonly explanation: Explanation };

/** A page of a name's history, the newest first; `before` is 0 when nothing was before it. */
export type HistoryAnswer = { readonly entries: readonly HistoryEntry[]; readonly before: number };

const REASON_LENGTH_MAX = 1_000;
const HISTORY_MAX = 100;
const HISTORY_DEFAULT = 20;

/** What people and pipelines can ask of rollouts, the same by every port. Every method rejects, or throws, only with RequestError and CallError. */
export class RolloutApi {
  readonly #parts: RolloutParts;
  readonly #watchers: Watchers;

  constructor(parts: RolloutParts) {
    this.#parts = parts;
    this.#watchers = new Watchers(parts);
  }

  apply({ plan: text, reason, revision }: ApplyRequest, asker: Asker): Promise<RolloutView> {
    const { log, rollouts } = this.#parts;
    return audited(log, { what: "apply", rollout: "", why: reason, ...asker }, async () => {
      checkReason(reason);
      const plan = readPlan(text);
      const key = keyOf(asker.key, ["apply", canonicalPlan(plan), reason, revision]);
      const only = { key, reason, revision: revision === 0 ? undefined : revision };
      return rollouts.start(plan, asker.who, only);
    });
  }

  /** Every change but that of a plan. */
  change(
    kind: Command["kind"],
    { name, reason, revision }: ChangeRequest,
    asker: Asker,
  ): Promise<RolloutView> {
    const { log, rollouts } = this.#parts;
    return audited(log, { what: kind, rollout: name, why: reason, ...asker }, async () => {
      checkReason(reason);
      const key = keyOf(asker.key, [kind, reason, revision]);
      const command = { kind, by: asker.who, reason, ...(key && { key }) };
      return rollouts.command(name, command, revision === 0 ? undefined : revision);
    });
  }

  get(name: string): RolloutView {
    return viewOf(this.#parts.rollouts, name);
  }

  list(): readonly RolloutView[] {
    return this.#parts.rollouts.list();
  }

  async history({ name, before, limit }: HistoryRequest): Promise<HistoryAnswer> {
    if (!Number.isInteger(before) || !Number.isInteger(limit) || limit > HISTORY_MAX) {
      throw new CallError("invalid", `limit: 1 to ${HISTORY_MAX}, before: a revision`);
    }
    const entries = await this.#parts.rollouts.history(name, {
      before: before === 0 ? Number.MAX_SAFE_INTEGER : before,
      max: limit === 0 ? HISTORY_DEFAULT : limit,
    });
    const oldest = entries.at(-1)?.revision ?? 1;
    return { entries, before: oldest === 1 ? 0 : oldest };
  }

  explain(name: string): ExplainedRollout {
    const view = this.get(name);
    const nowMs = this.#parts.clock.wallMs();
    return { view, explanation: explain({ ...view, nowMs }) };
  }

  /** Shows the rollout to the watcher, as `Watchers` says, until what is returned is called. */
  watch(name: string, watcher: Watcher): () => void {
    return this.#watchers.open(name, watcher);
  }

  /** Ends all who watch; other calls end by themselves. */
  stop(): void {
    this.#watchers.stop();
  }
}

function checkReason(reason: string): void {
  if (reason.length > REASON_LENGTH_MAX) {
    throw new CallError("invalid", `reason: more than ${REASON_LENGTH_MAX} characters`);
  }
}
