import { backoffMs } from "../core/backoff.ts";
import { formatDuration } from "../core/plan/duration.ts";
import type { Plan } from "../core/plan/plan.ts";
import { stepText } from "../core/plan/stepText.ts";
import {
  type Asking,
  type DueGate,
  dueGate,
  type GateAnswer,
  openGate,
} from "../core/rollout/dueGate.ts";
import type { Now } from "../core/rollout/hold.ts";
import type { RolloutState } from "../core/rollout/state.ts";
import type { Metrics } from "../metrics.ts";
import type { GateQuestion, Hook, HookAnswer, Hooks } from "../ports/hooks.ts";
import { OutgoingError } from "../ports/outgoing.ts";
import { type Clock, type Log, RequestError } from "../ports.ts";

/** What the keeper needs of its surroundings. */
export type GateKeeperParts = {
  readonly hooks: Hooks;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Called when a gate has answered, so that it is taken soon. */
  readonly answered: () => void;
};

/** A rollout, and what is known of it now. */
export type Gated = { readonly plan: Plan; readonly state: RolloutState; readonly now: Now };

/** A question that is open. */
type Question = {
  readonly due: DueGate;
  /** Since when, by a clock that never goes back. */
  readonly sinceMs: number;
  readonly abort: AbortController;
  asking: Asking;
  nextMs: number;
  answer: GateAnswer | undefined;
};

/** Attempts under way at once, of all rollouts; more wait for one to end. */
export const ATTEMPTS_MAX = 100;
const RETRY_MS = { minMs: 1_000, maxMs: 60_000 };
/** What is done about a gate that nobody has listed: somebody may list it yet. */
const UNLISTED: Pick<Hook, "timeoutMs" | "giveUpMs" | "onFailure" | "onSilence"> = {
  timeoutMs: 1_000,
  giveUpMs: 3_600_000,
  onFailure: "hold",
  onSilence: "hold",
};

/**
 * Asks hooks whether rollouts may go on. Level-triggered: each look compares the question that is open with the one under way, so whatever is lost is
 * asked again, under the same id. At most one attempt of a rollout is under way; nobody waits for it, and it ends when its question is open no more.
 */
export class GateKeeper {
  readonly #parts: GateKeeperParts;
  readonly #questions = new Map<string, Question>();
  /** Attempts under way, also those that are being ended. */
  readonly #attempts = new Map<string, Promise<void>>();
  #isStopped = false;

  constructor(parts: GateKeeperParts) {
    this.#parts = parts;
  }

  /** Throws RequestError "refused" when a plan names a gate or a trigger that nobody has listed here. */
  check({ retraining, steps }: Plan): void {
    const { hooks } = this.#parts;
    const gates = steps.flatMap(({ gates }) => [...(gates?.before ?? []), ...(gates?.after ?? [])]);
    const named = retraining === undefined ? gates : [...gates, retraining.trigger];
    const unknown = new Set(named.filter((gate) => !hooks.has(gate)));
    if (unknown.size > 0) {
      const known = [...hooks.keys()].join(", ") || "none";
      throw new RequestError(
        "refused",
        `${gates.some((gate) => unknown.has(gate)) ? "gate" : "retraining"} ${[...unknown].join(", ")}: this sidecar's hooks are: ${known}`,
      );
    }
  }

  /** How far it has come to ask for a rollout; undefined when nothing is asked. The same value until that changes. */
  asking(rollout: string): Asking | undefined {
    return this.#questions.get(rollout)?.asking;
  }

  /** Starts an attempt if one is due; returns what the gate that is due has answered, if it has. */
  look({ plan, state, now }: Gated): GateAnswer | undefined {
    const open = openGate(plan, state);
    const before = this.#questions.get(plan.name);
    if (before !== undefined && before.due.id !== open?.id) {
      this.#drop(plan.name, before);
    }
    const due = open && dueGate(plan, state, now);
    if (due === undefined || this.#isStopped) {
      return undefined;
    }
    const question = this.#questionOf(plan.name, due);
    const isDue = this.#parts.clock.steadyMs() >= question.nextMs;
    const hasRoom = !this.#attempts.has(plan.name) && this.#attempts.size < ATTEMPTS_MAX;
    if (question.answer === undefined && isDue && hasRoom) {
      const attempt = this.#attempt(plan, question).finally(() => {
        this.#attempts.delete(plan.name);
        this.#parts.answered();
      });
      this.#attempts.set(plan.name, attempt);
    }
    return question.answer;
  }

  /** Ends what is under way, and asks nothing more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const [rollout, question] of this.#questions) {
      this.#drop(rollout, question);
    }
    await this.settled();
  }

  /** Resolves when no attempt is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#attempts.values());
  }

  #questionOf(rollout: string, due: DueGate): Question {
    const { clock, metrics } = this.#parts;
    const sinceMs = clock.steadyMs();
    const asking = { gate: due.gate, attempts: 0 };
    const fresh = { asking, nextMs: 0, answer: undefined };
    const question = this.#questions.get(rollout) ?? {
      ...{ due, sinceMs, abort: new AbortController() },
      ...fresh,
    };
    this.#questions.set(rollout, question);
    metrics.gatesOpen.set(this.#questions.size);
    return question;
  }

  #drop(rollout: string, question: Question): void {
    question.abort.abort();
    this.#questions.delete(rollout);
    this.#parts.metrics.gatesOpen.set(this.#questions.size);
  }

  /** Never rejects. */
  async #attempt(plan: Plan, question: Question): Promise<void> {
    const { clock, hooks } = this.#parts;
    const { due, abort } = question;
    const hook = hooks.get(due.gate);
    const { timeoutMs, ...means } = hook ?? UNLISTED;
    const beganMs = clock.steadyMs();
    const signal = AbortSignal.any([abort.signal, AbortSignal.timeout(timeoutMs)]);
    const asked = questionTo(plan, due);
    const said = await (hook?.ask(asked, signal) ?? Promise.reject(unlisted(due))).catch(
      (error: unknown) => this.#errorOf(error),
    );
    if (abort.signal.aborted) {
      return;
    }
    const attempts = question.asking.attempts + 1;
    question.asking = { gate: due.gate, attempts, last: whyOf(said) };
    const tookMs = Math.round(clock.steadyMs() - beganMs);
    this.#tell({ rollout: plan.name, question, said, tookMs, isListed: hook !== undefined });
    this.#take(question, said, means);
  }

  /** What follows from an attempt: an answer, or another attempt, or the end of patience. */
  #take(
    question: Question,
    said: HookAnswer | OutgoingError,
    { giveUpMs, onFailure, onSilence }: Pick<Hook, "giveUpMs" | "onFailure" | "onSilence">,
  ): void {
    const { clock, random } = this.#parts;
    const { id } = question.due;
    if (!(said instanceof OutgoingError) && said.outcome !== "later") {
      const { outcome, reason } = said;
      question.answer =
        outcome === "pass" ? { id, outcome, reason } : { id, outcome: "fail", reason, onFailure };
      return;
    }
    const untilMs = question.sinceMs + giveUpMs;
    const nowMs = clock.steadyMs();
    if (nowMs >= untilMs) {
      const reason = `no answer in ${formatDuration(giveUpMs)}: ${whyOf(said)}`;
      question.answer = { id, outcome: "fail", reason, onFailure: onSilence };
      return;
    }
    const waitMs = backoffMs(question.asking.attempts - 1, RETRY_MS, random);
    question.nextMs = Math.min(untilMs, nowMs + Math.max(waitMs, said.retryAfterMs ?? 0));
  }

  #errorOf(error: unknown): OutgoingError {
    if (error instanceof OutgoingError) {
      return error;
    }
    this.#parts.metrics.faults.inc({ where: "gates" });
    return new OutgoingError("failed", "a mistake in the program");
  }

  #tell(of: {
    readonly rollout: string;
    readonly question: Question;
    readonly said: HookAnswer | OutgoingError;
    readonly tookMs: number;
    readonly isListed: boolean;
  }): void {
    const { log, metrics } = this.#parts;
    const { rollout, question, said, tookMs, isListed } = of;
    const { gate, id } = question.due;
    const isError = said instanceof OutgoingError;
    const outcome = isError ? said.code : said.outcome;
    metrics.gateCalls.inc({ gate: isListed ? gate : "unlisted", outcome });
    const fields = { rollout, gate, id, outcome, why: whyOf(said), tookMs };
    const line = { ...fields, attempts: question.asking.attempts };
    isError ? log.warn(line, "gate not asked") : log.info(line, "gate asked");
  }
}

function questionTo(plan: Plan, { gate, id, toStep }: DueGate): GateQuestion {
  const { name: rollout, primary, candidate } = plan;
  const step = plan.steps[toStep];
  const to = step === undefined ? "promotion" : stepText(step);
  return { id, gate, rollout, primary, candidate, toStep, to };
}

function unlisted({ gate }: DueGate): OutgoingError {
  return new OutgoingError("misconfigured", `no hook of this sidecar is named ${gate}`);
}

function whyOf(said: HookAnswer | OutgoingError): string {
  return said instanceof OutgoingError ? said.message : said.reason;
}
