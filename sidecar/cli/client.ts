import { Client, type Metadata, type ServiceError } from "@grpc/grpc-js";
import { understudy } from "#proto";
import { plainConnection, type SidecarConnection } from "./connection.ts";

const v1 = understudy.v1;
const SERVICE = "/understudy.v1.RolloutService/";
const LABEL_SERVICE = "/understudy.v1.LabelService/";

/** A rollout as the sidecar tells of it. */
export type Rollout = understudy.v1.Rollout;

/** Where a rollout's answers differ. */
export type Differences = understudy.v1.DifferencesResponse;

/** What became of labels. */
export type RecordedLabels = understudy.v1.RecordLabelsResponse;

/** What happened to the rollouts of a name. */
export type History = understudy.v1.HistoryResponse;

/** A rollout in plain sentences. */
export type Explanation = understudy.v1.Explanation;

/** A change that can be asked for. */
export type Change = "Promote" | "Rollback" | "Pause" | "Resume" | "Approve" | "Delete";

/** Who waits for a sidecar that restarts tries again soon. */
const OPTIONS = {
  "grpc.initial_reconnect_backoff_ms": 200,
  "grpc.max_reconnect_backoff_ms": 2_000,
  // A thousand rollouts in one list.
  "grpc.max_receive_message_length": 64 << 20,
};

/** Calls a sidecar's RolloutService. Every method rejects with grpc-js's ServiceError. */
export class RolloutClient {
  readonly #client: Client;
  readonly #metadata: Metadata;

  /** `to`: where the sidecar is; an address alone is spoken to in the clear. */
  constructor(to: string | SidecarConnection) {
    const { server, credentials, metadata } = typeof to === "string" ? plainConnection(to) : to;
    this.#client = new Client(server, credentials, OPTIONS);
    this.#metadata = metadata;
  }

  /** `key`: the caller's own name of the request, so that to send it again does no harm. `revision`: refused unless the name has it. */
  apply(
    plan: string,
    {
      key,
      reason = "",
      revision = 0,
    }: { readonly key?: string; readonly reason?: string; readonly revision?: number } = {},
  ): Promise<Rollout> {
    const request = v1.ApplyRequest.encode({ plan, reason, revision }).finish();
    return this.#rollout("Apply", request, key);
  }

  get(name: string): Promise<Rollout> {
    return this.#rollout("Get", v1.GetRequest.encode({ name }).finish());
  }

  differences(name: string): Promise<Differences> {
    const request = v1.DifferencesRequest.encode({ name }).finish();
    return this.#call(`${SERVICE}Differences`, request, (bytes) =>
      v1.DifferencesResponse.decode(bytes),
    );
  }

  /** At most `limit` events, up to 100, of revisions before that one, the newest first; 20 of the newest when nothing is said. */
  history(
    name: string,
    page: { readonly before?: number; readonly limit?: number } = {},
  ): Promise<History> {
    const request = v1.HistoryRequest.encode({ name, ...page }).finish();
    return this.#call(`${SERVICE}History`, request, (bytes) => v1.HistoryResponse.decode(bytes));
  }

  explain(name: string): Promise<Explanation> {
    const request = v1.ExplainRequest.encode({ name }).finish();
    return this.#call(`${SERVICE}Explain`, request, (bytes) => v1.Explanation.decode(bytes));
  }

  /** Says what was true of requests; at most 10,000 labels in one call. */
  labels(labels: readonly understudy.v1.Label.$Properties[]): Promise<RecordedLabels> {
    const request = v1.RecordLabelsRequest.encode({ labels: [...labels] }).finish();
    return this.#call(`${LABEL_SERVICE}RecordLabels`, request, (bytes) =>
      v1.RecordLabelsResponse.decode(bytes),
    );
  }

  async list(): Promise<readonly Rollout[]> {
    const request = v1.ListRequest.encode({}).finish();
    const response = await this.#call(`${SERVICE}List`, request, (bytes) =>
      v1.ListResponse.decode(bytes),
    );
    return response.rollouts.map((rollout) => new v1.Rollout(rollout));
  }

  /** `revision`: refused unless the rollout has it; none takes any. `key`: as of `apply`. */
  change(
    kind: Change,
    request: { readonly name: string; readonly reason: string; readonly revision?: number },
    key?: string,
  ): Promise<Rollout> {
    return this.#rollout(kind, v1.ChangeRequest.encode(request).finish(), key);
  }

  /** The rollout as it is and at every change, until the sidecar or the signal ends it. */
  async *watch(name: string, signal: AbortSignal): AsyncGenerator<Rollout> {
    const call = this.#client.makeServerStreamRequest(
      `${SERVICE}Watch`,
      Buffer.from,
      (bytes: Buffer) => v1.Rollout.decode(bytes),
      v1.WatchRequest.encode({ name }).finish(),
      this.#metadata,
    );
    signal.addEventListener("abort", () => call.cancel(), { once: true });
    try {
      for await (const rollout of call) {
        yield rollout;
      }
    } finally {
      call.cancel();
    }
  }

  close(): void {
    this.#client.close();
  }

  #rollout(method: string, request: Uint8Array, key?: string): Promise<Rollout> {
    return this.#call(SERVICE + method, request, (bytes) => v1.Rollout.decode(bytes), key);
  }

  #call<Response>(
    path: string,
    request: Uint8Array,
    decode: (bytes: Buffer) => Response,
    key?: string,
  ): Promise<Response> {
    const metadata = this.#metadata.clone();
    if (key !== undefined) {
      metadata.set("idempotency-key", key);
    }
    return new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, response?: Response) => {
        if (error !== null || response === undefined) {
          reject(error ?? new Error(`${path} answered nothing`));
        } else {
          resolve(response);
        }
      };
      const deadline = Date.now() + 10_000;
      this.#client.makeUnaryRequest(
        path,
        (bytes: Uint8Array) => Buffer.from(bytes),
        decode,
        request,
        metadata,
        { deadline },
        done,
      );
    });
  }
}
