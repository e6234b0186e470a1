import type { Condition } from "../core/alerts/condition.ts";
import { idOf, lastingOf, raised, resolvedOf, undecidedOf } from "../core/alerts/lasting.ts";
import { alertKey, type Notice, severityOf } from "../core/alerts/notice.ts";
import { followTrouble, type Patience, type Trouble } from "../core/alerts/trouble.ts";
import { isFinal } from "../core/rollout/state.ts";
import { sameTraffic } from "../core/traffic.ts";
import type { Clock, RolloutView } from "../ports.ts";

/** Proxies come and go, and take some seconds to come back after a start. */
const TRAFFIC: Patience = { raiseMs: 60_000, clearMs: 30_000 };
const PATIENCE: Readonly<Record<Condition["kind"], Patience>> = {
  /** One that stumbles once is read again within a second. */
  store: { raiseMs: 5_000, clearMs: 30_000 },
  /** One that is restarted is away for some seconds, and asked again after a minute or two. */
  registry: { raiseMs: 60_000, clearMs: 0 },
  /** Registered first, named champion later. */
  model: { raiseMs: 60_000, clearMs: 0 },
};

/** What is known of the sidecar at one look. */
export type Seen = {
  readonly views: readonly RolloutView[];
  /** What is wrong with the sidecar as a whole. */
  readonly conditions: readonly Condition[];
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
  /** Those of the sidecar as a whole that are not over, as they were seen last. */
  #own: ReadonlyMap<string, Condition> = new Map();
  #told: ReadonlyMap<string, Notice> = new Map();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Compares what is with what was at the look before. */
  look({ views, conditions }: Seen): Found {
    const nowMs = this.#clock.wallMs();
    const going = [...this.#ownOf(conditions), ...views.flatMap((view) => this.#of(view))];
    const now = new Map(
      going
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

  #ownOf(seen: readonly Condition[]): readonly (Notice | undefined)[] {
    const now = new Map(seen.map((one): [string, Condition] => [keyOf(one), one]));
    const all = new Map([...this.#own, ...now]);
    const notices = [...all].map(([key, condition]) => {
      const reason = now.get(key)?.reason;
      const followed = this.#follow(key, reason, PATIENCE[condition.kind]);
      return followed && noticeOf(condition, followed);
    });
    this.#own = new Map([...all].filter(([key]) => this.#followed.has(key)));
    return notices;
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

function keyOf({ kind, subject }: Condition): string {
  return `${kind} of sidecar ${subject}`;
}

function noticeOf(
  { kind, subject }: Condition,
  { sinceMs, reason }: { readonly sinceMs: number; readonly reason: string },
): Notice {
  return {
    id: idOf(subject === "" ? "sidecar" : subject, kind, sinceMs),
    kind,
    severity: severityOf(kind),
    rollout: undefined,
    subject,
    status: "raised",
    atMs: sinceMs,
    reason,
  };
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
