import type {
  handleServerStreamingCall,
  handleUnaryCall,
  ServerUnaryCall,
  ServerWritableStream,
  sendUnaryData,
} from "@grpc/grpc-js";
import type { Plan } from "../core/plan/plan.ts";
import type { Command } from "../core/rollout/command.ts";
import { isFinal } from "../core/rollout/state.ts";
import type { Limits } from "../limits.ts";
import type { Metrics } from "../metrics.ts";
import { RequestError, type Rollouts, type RolloutView } from "../ports.ts";
import { callerName } from "./authentication.ts";
import { currentConnection } from "./guardedListener.ts";
import { Outbox } from "./outbox.ts";
import type { ChangeRequest } from "./rolloutCodec.ts";
import type { Read } from "./services.ts";
import { CallError, codeOf, statusOf } from "./status.ts";

/** Reads a plan's text; throws an Error that names every problem of it. */
export type ReadPlan = (text: string) => Plan;

/** What the handlers need of their surroundings. */
export type RolloutParts = {
  readonly rollouts: Rollouts;
  readonly readPlan: ReadPlan;
  readonly limits: Limits;
  readonly metrics: Metrics;
};

type WatchCall = ServerWritableStream<Read<string>, RolloutView>;

const REASON_LENGTH_MAX = 1_000;
const WATCH_MS = 1_000;

/** Serves understudy.v1.RolloutService. */
export class RolloutHandler {
  readonly #parts: RolloutParts;
  readonly #watchers = new Set<WatchCall>();

  constructor(parts: RolloutParts) {
    this.#parts = parts;
  }

  readonly Apply: handleUnaryCall<Read<string>, RolloutView> = this.#unary((text, by) =>
    this.#parts.rollouts.start(this.#parts.readPlan(text), by),
  );

  readonly Get: handleUnaryCall<Read<string>, RolloutView> = this.#unary(async (name) =>
    this.#view(name),
  );

  readonly Differences: handleUnaryCall<Read<string>, RolloutView> = this.#unary(async (name) =>
    this.#view(name),
  );

  readonly List: handleUnaryCall<Read<undefined>, readonly RolloutView[]> = this.#unary(async () =>
    this.#parts.rollouts.list(),
  );

  readonly Promote: handleUnaryCall<Read<ChangeRequest>, RolloutView> = this.#change("promote");
  readonly Rollback: handleUnaryCall<Read<ChangeRequest>, RolloutView> = this.#change("rollback");
  readonly Pause: handleUnaryCall<Read<ChangeRequest>, RolloutView> = this.#change("pause");
  readonly Resume: handleUnaryCall<Read<ChangeRequest>, RolloutView> = this.#change("resume");

  readonly Watch: handleServerStreamingCall<Read<string>, RolloutView> = (call) => {
    const { limits, metrics } = this.#parts;
    try {
      if (this.#watchers.size >= limits.watchersMax) {
        metrics.watchersRefused.inc();
        throw new CallError("too-many", `there are ${limits.watchersMax} watchers already`);
      }
      this.#watch(call, this.#view(requestOf(call.request)).plan.name);
    } catch (error) {
      metrics.requestsRefused.inc({ code: codeOf(error) });
      call.emit("error", statusOf(error));
    }
  };

  /** Ends every Watch call; unary ones end by themselves. */
  stop(): void {
    for (const call of this.#watchers) {
      call.emit("error", statusOf(new RequestError("unavailable", "the sidecar is stopping")));
    }
  }

  #watch(call: WatchCall, name: string): void {
    const { limits, metrics, rollouts } = this.#parts;
    const connection = currentConnection();
    const outbox = new Outbox<RolloutView>(call, {
      unreadMs: limits.unreadMs,
      unread: () => connection?.close("unread"),
    });
    const send = (view: RolloutView) => outbox.put("view", view);
    const unwatch = rollouts.watch(name, send);
    const timer = setInterval(() => {
      const view = rollouts.get(name);
      if (view !== undefined && !isFinal(view.state)) {
        send(view);
      }
    }, WATCH_MS);
    this.#watchers.add(call);
    metrics.watchers.set(this.#watchers.size);
    const end = () => {
      clearInterval(timer);
      unwatch();
      outbox.close();
      this.#watchers.delete(call);
      metrics.watchers.set(this.#watchers.size);
    };
    call.once("cancelled", end);
    call.once("error", end);
    send(this.#view(name));
  }

  #change(kind: Command["kind"]): handleUnaryCall<Read<ChangeRequest>, RolloutView> {
    return this.#unary(({ name, reason, revision }, by) => {
      if (reason.length > REASON_LENGTH_MAX) {
        throw new CallError("invalid", `reason: more than ${REASON_LENGTH_MAX} characters`);
      }
      const command = { kind, by, reason };
      return this.#parts.rollouts.command(name, command, revision === 0 ? undefined : revision);
    });
  }

  #view(name: string): RolloutView {
    const view = this.#parts.rollouts.get(name);
    if (view === undefined) {
      throw new RequestError("unknown", `no rollout is named ${name}`);
    }
    return view;
  }

  #unary<Request, Response>(
    answer: (request: Request, by: string) => Promise<Response>,
  ): handleUnaryCall<Read<Request>, Response> {
    return (call, callback) => {
      void this.#answer(answer, call, callback);
    };
  }

  async #answer<Request, Response>(
    answer: (request: Request, by: string) => Promise<Response>,
    call: ServerUnaryCall<Read<Request>, Response>,
    callback: sendUnaryData<Response>,
  ): Promise<void> {
    try {
      callback(null, await answer(requestOf(call.request), callerName(call)));
    } catch (error) {
      this.#parts.metrics.requestsRefused.inc({ code: codeOf(error) });
      callback(statusOf(error));
    }
  }
}

function requestOf<Request>(read: Read<Request>): Request {
  if (read === undefined) {
    throw new CallError("invalid", "the request could not be read");
  }
  return read.request;
}
