import type { Plan } from "../core/plan/plan.ts";
import type { Command } from "../core/rollout/command.ts";
import { type Conditions, RequestError, type RolloutView } from "../ports.ts";

/** A change that somebody asked for. */
export type Wish =
  | {
      readonly kind: "start";
      readonly plan: Plan;
      readonly by: string;
      readonly only: Conditions;
      readonly generationInForce: number;
    }
  | {
      readonly kind: "command";
      readonly name: string;
      readonly command: Command;
      readonly revision: number | undefined;
    };

/** A wish with its answer to come. */
export type Request = {
  readonly wish: Wish;
  readonly resolve: (view: RolloutView) => void;
  readonly reject: (error: RequestError) => void;
};

/** Requests waiting for the loop's next turn, bounded. */
export class RequestQueue {
  readonly #waiting: Request[] = [];
  readonly #requestsMax: number;

  constructor(requestsMax: number) {
    this.#requestsMax = requestsMax;
  }

  /** Settles when the loop has answered; rejects with RequestError "busy" when the queue is full. */
  post(wish: Wish): Promise<RolloutView> {
    if (this.#waiting.length >= this.#requestsMax) {
      const error = new RequestError("busy", `${this.#requestsMax} changes are waiting already`);
      return Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ wish, resolve, reject });
    });
  }

  /** All that is waiting, no longer in the queue. */
  takeAll(): Request[] {
    return this.#waiting.splice(0);
  }
}
