import { idOf, lastingOf, raised, resolvedOf, undecidedOf } from "../core/alerts/lasting.ts";
import { alertKey, type Notice, severityOf } from "../core/alerts/notice.ts";
import { followTrouble, type Patience, type Trouble } from "../core/alerts/trouble.ts";
import { isFinal } from "../core/rollout/state.ts";
import { sameTraffic } from "../core/traffic.ts";
import type { Clock, RolloutView } from "../ports.ts";

/** Proxies come and go, and take some seconds to come back after a start. */
const TRAFFIC: Patience = { raiseMs: 60_000, clearMs: 30_000 };
/** A store that stumbles once is read again within a second. */
const STORE: Patience = { raiseMs: 5_000, clearMs: 30_000 };

/** What is known of the sidecar at one look. */
export type Seen = {
  readonly views: readonly RolloutView[];
  /** What is wrong with the store. */
  readonly storeProblem: string | undefined;
};

/** What a look found. */
export type Found = {
  /** What began or ended since the look before, and is in no log. */
  readonly changed: readonly Notice[];
  /** All that goes on, also what the log tells of. */
  readonly going: readonly Notice[];
};

type Followed = { readonly trouble: Trouble; readonly sinceMs: number };

/** What goes on in the sidecar and its rollouts without being an event: looked for again and again, told when it begins and when it is over. */
export class Conditions {
  readonly #clock: Clock;
  readonly #followed = new Map<string, Followed>();
  #told: ReadonlyMap<string, Notice> = new Map();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Compares what is with what was at the look before. */
  look({ views, storeProblem }: Seen): Found {
    const nowMs = this.#clock.wallMs();
    const conditions = [this.#storeOf(storeProblem), ...views.flatMap((view) => this.#of(view))];
    const now = new Map(
      conditions
        .filter((notice) => notice !== undefined)
        .map((notice): [string, Notice] => {
          const key = alertKey(notice);
          // The first words on it stay, whatever it is called later.
          return [key, this.#told.get(key) ?? notice];
        }),
    );
    const begun = [...now].filter(([key]) => !this.#told.has(key));
    const ended = [...this.#told].filter(([key]) => !now.has(key));
    this.#told = now;
    return {
      changed: [
        ...begun.map(([, notice]) => notice),
        ...ended.map(([, notice]) => resolvedOf(notice, nowMs)),
      ],
      going: [...now.values(), ...views.flatMap((view) => lastingOf(view, nowMs))],
    };
  }

  #of(view: RolloutView): readonly (Notice | undefined)[] {
    const { plan } = view;
    const traffic = this.#follow(`traffic ${plan.name}`, trafficProblem(view), TRAFFIC);
    return [
      traffic && raised(plan, { kind: "traffic" }, traffic),
      undecidedOf(view, this.#clock.wallMs()),
    ];
  }

  #storeOf(problem: string | undefined): Notice | undefined {
    const followed = this.#follow("store", problem, STORE);
    return (
      followed && {
        id: idOf("sidecar", "store", followed.sinceMs),
        kind: "store",
        severity: severityOf("store"),
        rollout: undefined,
        subject: "",
        status: "raised",
        atMs: followed.sinceMs,
        reason: followed.reason,
      }
    );
  }

  /** Since when, and why, if it is to be told of. */
  #follow(
    key: string,
    reason: string | undefined,
    patience: Patience,
  ): { readonly sinceMs: number; readonly reason: string } | undefined {
    const before = this.#followed.get(key);
    const nowMs = this.#clock.steadyMs();
    const trouble = followTrouble(before?.trouble, { reason, nowMs }, patience);
    if (trouble === undefined) {
      this.#followed.delete(key);
      return undefined;
    }
    const sinceMs = before?.sinceMs ?? Math.round(this.#clock.wallMs());
    this.#followed.set(key, { trouble, sinceMs });
    return trouble.isRaised ? { sinceMs, reason: trouble.reason } : undefined;
  }
}

/** Why users are not served as was decided. The proxies of an ended rollout may be gone for good reason. */
function trafficProblem({ inForce, problem, state, traffic }: RolloutView): string | undefined {
  if (problem !== undefined) {
    return `what was decided is not in force: ${problem}`;
  }
  const isInForce = inForce !== undefined && sameTraffic(inForce, traffic);
  return isInForce || isFinal(state)
    ? undefined
    : "what was decided is not known to be in force in every proxy";
}
