import { Client, credentials } from "@grpc/grpc-js";
import { understudy } from "#proto";

const { ApplyRequest, GetRequest, Judgement, Phase, Rollout, WatchRequest } = understudy.v1;

/** How a rollout ended. */
export type Outcome = "promoted" | "rolled-back";

/** One guardrail's part of a verdict. */
export type GuardrailView = {
  readonly name: string;
  readonly judgement: "pass" | "fail" | "inconclusive";
  readonly reason: string;
};

/** What is odd about a rollout that is watched. */
export type AnomalyView = {
  /** Such as `drift disea`. */
  readonly name: string;
  readonly reason: string;
};

/** A rollout as the sidecar reports it, as far as the demo shows it. */
export type RolloutView = {
  /** Undefined while it is under way. */
  readonly outcome: Outcome | undefined;
  /** Text of the step under way, such as `canary 5%`, or of the last one reached. */
  readonly step: string;
  readonly candidateBp: number;
  readonly shadowBp: number;
  readonly guardrails: readonly GuardrailView[];
  /** The verdict's reasons, the most important first. */
  readonly reasons: readonly string[];
  /** About how many more user requests a pass needs; undefined when it can't be said. */
  readonly requestsNeeded: number | undefined;
  /** Why the rollout is where it is. */
  readonly reason: string;
  readonly revision: number;
  readonly pairs: number;
  readonly candidateRequests: number;
  /** When the last decision was made, Unix time. */
  readonly decidedUnixMs: number;
  /** What goes on now, the oldest first. */
  readonly anomalies: readonly AnomalyView[];
  /** When the last window of captured requests began and ended, Unix time; undefined before one has ended. */
  readonly window: { readonly fromUnixMs: number; readonly toUnixMs: number } | undefined;
  readonly primary: string;
  readonly candidate: string;
};

/** The calls of the sidecar that the demo makes. */
export type RolloutClient = {
  /** Starts a rollout from the text of its plan; rejects with every problem of the plan. */
  apply(plan: string): Promise<void>;
  get(name: string): Promise<RolloutView>;
  /** Follows a rollout until it has ended, telling each state of it; resolves with the last, and rejects when it has not ended after 10 min. */
  follow(name: string, tell: (rollout: RolloutView) => void): Promise<RolloutView>;
  close(): void;
};

const SERVICE = "/understudy.v1.RolloutService";
const CALL_TIMEOUT_MS = 5_000;
/** Several times what any rollout of the demo takes. */
const FOLLOW_TIMEOUT_MS = 600_000;

/** A client of the sidecar at an address such as `127.0.0.1:50051`. */
export function rolloutClient(address: string): RolloutClient {
  const client = new Client(address, credentials.createInsecure());
  return {
    apply: async (plan) => {
      await call(client, "Apply", ApplyRequest.encode({ plan }).finish());
    },
    get: (name) => call(client, "Get", GetRequest.encode({ name }).finish()),
    follow: (name, tell) => follow(client, name, tell),
    close: () => client.close(),
  };
}

/** Calls a method that answers with a rollout. */
function call(client: Client, method: string, request: Uint8Array): Promise<RolloutView> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      `${SERVICE}/${method}`,
      (bytes: Uint8Array) => Buffer.from(bytes),
      (bytes) => viewOf(Rollout.decode(bytes)),
      request,
      { deadline: Date.now() + CALL_TIMEOUT_MS },
      (error, rollout) => {
        if (error === null && rollout !== undefined) {
          resolve(rollout);
        } else {
          reject(error ?? new Error(`${method} was answered with nothing`));
        }
      },
    );
  });
}

function follow(
  client: Client,
  name: string,
  tell: (rollout: RolloutView) => void,
): Promise<RolloutView> {
  return new Promise((resolve, reject) => {
    const stream = client.makeServerStreamRequest(
      `${SERVICE}/Watch`,
      (request: { readonly name: string }) => Buffer.from(WatchRequest.encode(request).finish()),
      (bytes) => viewOf(Rollout.decode(bytes)),
      { name },
      { deadline: Date.now() + FOLLOW_TIMEOUT_MS },
    );
    stream.on("data", (rollout: RolloutView) => {
      tell(rollout);
      if (rollout.outcome !== undefined) {
        resolve(rollout);
        stream.cancel();
      }
    });
    stream.on("error", reject);
    stream.on("end", () => reject(new Error(`the sidecar ended the watch of ${name}`)));
  });
}

function viewOf(rollout: understudy.v1.Rollout): RolloutView {
  const { verdict } = rollout;
  const traffic = rollout.inForce ?? rollout.traffic;
  return {
    outcome: outcomeOf(rollout.phase),
    step: rollout.steps[rollout.step] ?? "",
    candidateBp: traffic?.candidateBp ?? 0,
    shadowBp: traffic?.shadowBp ?? 0,
    guardrails: guardrailsOf(verdict?.guardrails),
    reasons: verdict?.reasons ?? [],
    requestsNeeded: numberOr(verdict?.requestsNeeded, undefined),
    reason: rollout.reason,
    revision: Number(rollout.revision),
    pairs: Number(rollout.pairs),
    candidateRequests: Number(rollout.candidateRequests),
    decidedUnixMs: Number(rollout.decidedUnixMs),
    window: rollout.drift
      ? { fromUnixMs: Number(rollout.drift.fromUnixMs), toUnixMs: Number(rollout.drift.toUnixMs) }
      : undefined,
    primary: rollout.primary,
    candidate: rollout.candidate,
    anomalies: rollout.anomalies.map(({ name, reason }) => ({
      name: name ?? "",
      reason: reason ?? "",
    })),
  };
}

function guardrailsOf(guardrails: understudy.v1.IVerdict["guardrails"]): RolloutView["guardrails"] {
  return (guardrails ?? []).map(({ name, judgement, reason }) => ({
    name: name ?? "",
    judgement: judgementOf(judgement),
    reason: reason ?? "",
  }));
}

function numberOr<Missing>(value: unknown, missing: Missing): number | Missing {
  return value === undefined || value === null ? missing : Number(value);
}

function outcomeOf(phase: understudy.v1.IRollout["phase"]): Outcome | undefined {
  if (phase === Phase.PHASE_PROMOTED) {
    return "promoted";
  }
  return phase === Phase.PHASE_ROLLED_BACK ? "rolled-back" : undefined;
}

function judgementOf(
  judgement: understudy.v1.IGuardrailVerdict["judgement"],
): GuardrailView["judgement"] {
  if (judgement === Judgement.JUDGEMENT_PASS) {
    return "pass";
  }
  return judgement === Judgement.JUDGEMENT_FAIL ? "fail" : "inconclusive";
}
