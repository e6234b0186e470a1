import type { Variant } from "../core/observation.ts";
import { isFinal } from "../core/rollout/state.ts";
import { findDrift } from "../core/watch/anomalies.ts";
import type { Clock, Log, RolloutView } from "../ports.ts";

/** What a check comes to; `open` is neither yet. */
export type CheckOutcome = "success" | "issue" | "open";

/** What a look found, as the log has it. */
type Found = {
  readonly outcome: CheckOutcome;
  readonly fields: Readonly<Record<string, unknown>>;
};

/** A rollout as it is when it was looked at, and nothing decided on that yet. */
export type Checked = Pick<RolloutView, "plan" | "state" | "verdict" | "watched">;

/** One look at a rollout. */
type Check = {
  readonly check: string;
  /** What was looked at: another object with every look that brought something new; undefined before the first. */
  readonly about: unknown;
  readonly find: () => Found;
};

/** What was seen and written last; without an outcome while nothing was written. */
type Seen = { readonly about: unknown; readonly outcome?: CheckOutcome; readonly atMs: number };

/** Looks with the same outcome are logged at most so often: evidence is judged several times a second. */
const SAME_MS = 60_000;

/**
 * Writes what each check of a rollout comes to, issue or success: its guardrails, every window of drift, every window of estimates, and what
 * labels say. A change of outcome is written at once, the same again at most once a minute.
 */
export class CheckLog {
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #seen = new Map<string, Seen>();
  /** By rollout; most turns bring nothing new. */
  readonly #noted = new Map<string, Checked>();

  constructor({ log, clock }: { readonly log: Log; readonly clock: Clock }) {
    this.#log = log;
    this.#clock = clock;
  }

  /** Writes what is new. What the first look at a rollout shows was checked before, or not at all. */
  note(view: Checked): void {
    const rollout = view.plan.name;
    const before = this.#noted.get(rollout);
    if (before !== undefined && isSame(before, view)) {
      return;
    }
    this.#noted.set(rollout, view);
    for (const { check, about, find } of checksOf(view)) {
      const key = `${rollout} ${check}`;
      const last = this.#seen.get(key);
      if (last === undefined || about === undefined) {
        this.#seen.set(key, { about, atMs: 0 });
      } else if (last.about !== about) {
        const { outcome, fields } = find();
        const atMs = this.#clock.steadyMs();
        if (last.outcome !== outcome || atMs - last.atMs >= SAME_MS) {
          this.#write({ rollout, check, outcome, ...fields });
          this.#seen.set(key, { about, outcome, atMs });
        }
      }
    }
  }

  #write(line: Pick<Found, "outcome"> & Readonly<Record<string, unknown>>): void {
    if (line.outcome === "issue") {
      this.#log.warn(line, "checked");
    } else {
      this.#log.info(line, "checked");
    }
  }
}

function isSame(a: Checked, b: Checked): boolean {
  return a.state === b.state && a.verdict === b.verdict && a.watched === b.watched;
}

const OUTCOMES = { pass: "success", fail: "issue", inconclusive: "open" } as const;

function checksOf(view: Checked): readonly Check[] {
  const variants = ["primary", "candidate"] as const;
  return [
    ...(isFinal(view.state) ? [] : [guardrailsOf(view)]),
    driftOf(view),
    ...variants.flatMap((variant) => [estimatesOf(view, variant), labelsOf(view, variant)]),
  ];
}

function guardrailsOf({ state, verdict }: Checked): Check {
  const find = (): Found => {
    const { guardrails, judgement, reasons } = verdict;
    const each = guardrails.map((guardrail) => [guardrail.name, OUTCOMES[guardrail.judgement]]);
    const fields = { guardrails: Object.fromEntries(each), why: reasons[0] };
    return { outcome: OUTCOMES[judgement], fields: { step: state.stepIndex, ...fields } };
  };
  return { check: "guardrails", about: verdict, find };
}

function driftOf({ watched: { drift: report } }: Checked): Check {
  const find = (): Found => {
    const findings = report === undefined ? [] : findDrift(report).findings;
    const fields = { rows: report?.rows, found: findings.length, why: findings[0]?.reason };
    return { outcome: findings.length > 0 ? "issue" : "success", fields };
  };
  return { check: "drift", about: report, find };
}

function estimatesOf(view: Checked, variant: Variant): Check {
  const find = () => anomalyOf(view, variant, (name) => name.startsWith("estimated "));
  return { check: `estimates of ${variant}`, about: view.watched.estimates[variant], find };
}

function labelsOf(view: Checked, variant: Variant): Check {
  const about = view.watched.performance?.find((each) => each.variant === variant);
  const find = () => anomalyOf(view, variant, (name) => !/^(drift|estimated) /.test(name));
  return { check: `labels of ${variant}`, about, find };
}

/** An issue when a variant has an anomaly of a kind. */
function anomalyOf(
  { plan, state }: Checked,
  variant: Variant,
  isOfKind: (name: string) => boolean,
): Found {
  const version = plan[variant];
  const goesOn = state.anomalies.find(
    ({ name }) => name.endsWith(` of ${version}`) && isOfKind(name),
  );
  const fields = { version, why: goesOn?.reason };
  return { outcome: goesOn === undefined ? "success" : "issue", fields };
}
