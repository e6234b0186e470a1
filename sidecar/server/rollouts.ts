import type {
  handleServerStreamingCall,
  handleUnaryCall,
  Metadata,
  ServerUnaryCall,
  ServerWritableStream,
  sendUnaryData,
  UntypedHandleCall,
} from "@grpc/grpc-js";
import type { Command } from "../core/rollout/command.ts";
import type { Limits } from "../limits.ts";
import type { Metrics } from "../metrics.ts";
import type { RolloutView } from "../ports.ts";
import { callerName } from "./authentication.ts";
import { currentConnection } from "./guardedListener.ts";
import { Outbox } from "./outbox.ts";
import { KEY_HEADER } from "./requestKey.ts";
import type { Asker, ExplainedRollout, HistoryAnswer, RolloutApi } from "./rolloutApi.ts";
import type { ApplyRequest, ChangeRequest, HistoryRequest } from "./rolloutCodec.ts";
import type { Read, rolloutService } from "./services.ts";
import { CallError, codeOf, statusOf } from "./status.ts";

/** What the handlers need of their surroundings. */
export type RolloutHandlerParts = {
  readonly api: RolloutApi;
  readonly limits: Limits;
  readonly metrics: Metrics;
};

type WatchCall = ServerWritableStream<Read<string>, RolloutView>;
type Change = handleUnaryCall<Read<ChangeRequest>, RolloutView>;
/** What a call asks for, and who asks. */
type Answer<Request, Response> = (request: Request, asker: Asker) => Promise<Response>;

/** Serves understudy.v1.RolloutService. */
export class RolloutHandler {
  readonly #parts: RolloutHandlerParts;

  constructor(parts: RolloutHandlerParts) {
    this.#parts = parts;
  }

  readonly Apply: handleUnaryCall<Read<ApplyRequest>, RolloutView> = this.#unary((request, asker) =>
    this.#parts.api.apply(request, asker),
  );

  readonly Get: handleUnaryCall<Read<string>, RolloutView> = this.#unary(async (name) =>
    this.#parts.api.get(name),
  );

  readonly Differences: handleUnaryCall<Read<string>, RolloutView> = this.#unary(async (name) =>
    this.#parts.api.get(name),
  );

  readonly List: handleUnaryCall<Read<undefined>, readonly RolloutView[]> = this.#unary(async () =>
    this.#parts.api.list(),
  );

  readonly History: handleUnaryCall<Read<HistoryRequest>, HistoryAnswer> = this.#unary((request) =>
    this.#parts.api.history(request),
  );

  readonly Explain: handleUnaryCall<Read<string>, ExplainedRollout> = this.#unary(async (name) =>
    this.#parts.api.explain(name),
  );

  readonly Promote: Change = this.#change("promote");
  readonly Rollback: Change = this.#change("rollback");
  readonly Pause: Change = this.#change("pause");
  readonly Resume: Change = this.#change("resume");
  readonly Approve: Change = this.#change("approve");
  readonly Delete: Change = this.#change("delete");

  readonly Watch: handleServerStreamingCall<Read<string>, RolloutView> = (call) => {
    try {
      this.#watch(call, requestOf(call.request));
    } catch (error) {
      this.#parts.metrics.requestsRefused.inc({ code: codeOf(error) });
      call.emit("error", statusOf(error));
    }
  };

  /** All of them by their names. */
  get methods(): Readonly<Record<keyof typeof rolloutService, UntypedHandleCall>> {
    const { Apply, Get, List, Watch, Differences, History, Explain } = this;
    const { Promote, Rollback, Pause, Resume, Approve, Delete } = this;
    const changes = { Promote, Rollback, Pause, Resume, Approve, Delete };
    return { Apply, Get, List, Watch, Differences, History, Explain, ...changes };
  }

  /** Ends every Watch call; unary ones end by themselves. */
  stop(): void {
    this.#parts.api.stop();
  }

  #watch(call: WatchCall, name: string): void {
    const { api, limits } = this.#parts;
    const connection = currentConnection();
    const outbox = new Outbox<RolloutView>(call, {
      unreadMs: limits.unreadMs,
      unread: () => connection?.close("unread"),
    });
    const unwatch = api.watch(name, {
      show: (view) => outbox.put("view", view),
      end: (error) => call.emit("error", statusOf(error)),
    });
    const end = () => {
      unwatch();
      outbox.close();
    };
    call.once("cancelled", end);
    call.once("error", end);
  }

  #change(kind: Command["kind"]): Change {
    return this.#unary((request, asker) => this.#parts.api.change(kind, request, asker));
  }

  #unary<Request, Response>(
    answer: Answer<Request, Response>,
  ): handleUnaryCall<Read<Request>, Response> {
    return (call, callback) => {
      void this.#answer(answer, call, callback);
    };
  }

  async #answer<Request, Response>(
    answer: Answer<Request, Response>,
    call: ServerUnaryCall<Read<Request>, Response>,
    callback: sendUnaryData<Response>,
  ): Promise<void> {
    try {
      callback(null, await answer(requestOf(call.request), askerOf(call)));
    } catch (error) {
      this.#parts.metrics.requestsRefused.inc({ code: codeOf(error) });
      callback(statusOf(error));
    }
  }
}

function askerOf(call: { readonly metadata: Metadata }): Asker {
  const keys = call.metadata.get(KEY_HEADER);
  const key = keys.length === 0 ? undefined : keys.join(", ");
  return { who: callerName(call), via: "grpc", key };
}

function requestOf<Request>(read: Read<Request>): Request {
  if (read === undefined) {
    throw new CallError("invalid", "the request could not be read");
  }
  return read.request;
}
