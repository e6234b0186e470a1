import type {
  GateQuestion,
  Hook,
  HookAnswer,
  RetrainingQuestion,
} from "../../sidecar/ports/hooks.ts";
import { OutgoingError } from "../../sidecar/ports/outgoing.ts";

/** What a hook of a test says, from now on. */
export type Saying = HookAnswer | OutgoingError | "hangs" | "breaks";

/** A hook in the hands of a test. */
export class FakeHook implements Hook {
  readonly timeoutMs: number = 60_000;
  readonly giveUpMs: number = 600_000;
  readonly onFailure: Hook["onFailure"];
  readonly onSilence: Hook["onSilence"];
  /** What it was asked as a gate, attempt by attempt, and what it was told to train again. */
  readonly asked: GateQuestion[] = [];
  readonly told: RetrainingQuestion[] = [];
  /** Attempts that were ended from outside. */
  aborted = 0;
  /** How many are under way, and how many were at most. */
  underWay = 0;
  underWayMax = 0;
  says: Saying = { outcome: "pass", reason: "all is well" };

  constructor({
    onFailure = "rollback",
    onSilence = "hold",
  }: Partial<Pick<Hook, "onFailure" | "onSilence">> = {}) {
    this.onFailure = onFailure;
    this.onSilence = onSilence;
  }

  async ask(question: GateQuestion | RetrainingQuestion, signal: AbortSignal): Promise<HookAnswer> {
    const { says } = this;
    if ("gate" in question) {
      this.asked.push(question);
    } else {
      this.told.push(question);
    }
    this.underWay += 1;
    this.underWayMax = Math.max(this.underWayMax, this.underWay);
    try {
      return says === "hangs" ? await this.#untilAborted(signal) : answerOf(says);
    } finally {
      this.underWay -= 1;
    }
  }

  #untilAborted(signal: AbortSignal): Promise<never> {
    return new Promise((_, reject) => {
      signal.addEventListener("abort", () => {
        this.aborted += 1;
        reject(new OutgoingError("unreachable", "no whole answer in time"));
      });
    });
  }
}

function answerOf(says: Exclude<Saying, "hangs">): HookAnswer {
  if (says === "breaks") {
    throw new TypeError("a simulated mistake");
  }
  if (says instanceof OutgoingError) {
    throw says;
  }
  return says;
}
