import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** Every metric of the sidecar. Labels come from closed sets; `rollout` is the name of an applied plan, at most 100. */
export type Metrics = {
  readonly registry: Registry;
  readonly rolloutCandidateBp: Gauge<"rollout">;
  readonly rolloutShadowBp: Gauge<"rollout">;
  readonly rolloutGeneration: Gauge<"rollout">;
  readonly rolloutPhase: Gauge<"rollout" | "phase">;
  readonly rolloutStep: Gauge<"rollout">;
  readonly rolloutInForce: Gauge<"rollout">;
  readonly rolloutPairs: Gauge<"rollout">;
  readonly rolloutRequests: Gauge<"rollout" | "variant">;
  readonly rolloutExcluded: Gauge<"rollout" | "reason">;
  readonly guardrailLogE: Gauge<"rollout" | "guardrail" | "against">;
  readonly decisions: Counter<"rollout" | "kind">;
  readonly observations: Counter<"outcome">;
  readonly observationsRefused: Counter<"reason">;
  readonly undecodable: Counter<"variant" | "reason">;
  readonly predictions: Counter<"outcome">;
  readonly predictionsStored: Gauge;
  readonly labels: Counter<"outcome">;
  readonly labelsWaiting: Gauge;
  readonly batches: Counter<"outcome">;
  readonly batchesLost: Counter;
  readonly filterDrops: Counter<"reason">;
  readonly filterRefusals: Counter;
  readonly streams: Gauge;
  readonly streamsClosed: Counter<"reason">;
  readonly watchers: Gauge;
  readonly watchersRefused: Counter;
  readonly sessions: Gauge;
  readonly sessionsClosed: Counter<"reason">;
  readonly messagesTooLarge: Counter;
  readonly requestsRefused: Counter<"code">;
  readonly queueBytes: Gauge;
  readonly queueRefused: Counter<"queue">;
  readonly applies: Counter;
  readonly actuatorFailures: Counter<"code">;
  readonly generationsAhead: Counter;
  readonly saves: Counter;
  readonly storeFailures: Counter<"code">;
  readonly saveSeconds: Histogram;
  readonly ticks: Counter;
  readonly tickSeconds: Histogram;
  readonly faults: Counter<"where">;
};

/** Makes the metrics on a registry of their own. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    ...rolloutMetrics(registry),
    ...intakeMetrics(registry),
    ...serverMetrics(registry),
    ...loopMetrics(registry),
    ...labelMetrics(registry),
  };
}

type Of<Name extends keyof Metrics> = Pick<Metrics, Name>;

function rolloutMetrics(
  registry: Registry,
): Of<
  | "rolloutCandidateBp"
  | "rolloutShadowBp"
  | "rolloutGeneration"
  | "rolloutPhase"
  | "rolloutStep"
  | "rolloutInForce"
  | "rolloutPairs"
  | "rolloutRequests"
  | "rolloutExcluded"
  | "guardrailLogE"
  | "decisions"
> {
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Gauge({ name: `understudy_rollout_${name}`, help, labelNames, registers: [registry] });
  return {
    rolloutCandidateBp: gauge("candidate_bp", "Share of users asked for, 0 to 10000.", "rollout"),
    rolloutShadowBp: gauge("shadow_bp", "Share of requests copied, 0 to 10000.", "rollout"),
    rolloutGeneration: gauge("generation", "Generation of the traffic asked for.", "rollout"),
    rolloutPhase: gauge("phase", "1 for the phase the rollout is in.", "rollout", "phase"),
    rolloutStep: gauge("step", "The step under way, from 0.", "rollout"),
    rolloutInForce: gauge("in_force", "1 when all proxies serve what is asked for.", "rollout"),
    rolloutPairs: gauge("pairs", "Pairs that are evidence.", "rollout"),
    rolloutRequests: gauge("requests", "User requests that are evidence.", "rollout", "variant"),
    rolloutExcluded: gauge(
      "excluded",
      "Observations and pairs that are no evidence, since the start.",
      "rollout",
      "reason",
    ),
    guardrailLogE: new Gauge({
      name: "understudy_guardrail_log_e",
      help: "Natural logarithm of the e-value against the candidate (bad) or for it (good).",
      labelNames: ["rollout", "guardrail", "against"],
      registers: [registry],
    }),
    decisions: new Counter({
      name: "understudy_decisions_total",
      help: "Events written to the logs of rollouts.",
      labelNames: ["rollout", "kind"],
      registers: [registry],
    }),
  };
}

function intakeMetrics(
  registry: Registry,
): Of<
  | "observations"
  | "observationsRefused"
  | "undecodable"
  | "batches"
  | "batchesLost"
  | "filterDrops"
  | "filterRefusals"
  | "queueBytes"
  | "queueRefused"
> {
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name: `understudy_${name}_total`, help, labelNames, registers: [registry] });
  return {
    observations: counter(
      "observations",
      "Observations received, by what became of them.",
      "outcome",
    ),
    observationsRefused: counter(
      "observations_refused",
      "Observations that can't be true, by the field at fault.",
      "reason",
    ),
    undecodable: counter(
      "undecodable",
      "Bodies of pairs that can't be read as what they are meant to be.",
      "variant",
      "reason",
    ),
    batches: counter("batches", "Batches received, by what became of them.", "outcome"),
    batchesLost: counter("batches_lost", "Batches that a filter sent and that never came."),
    filterDrops: counter(
      "filter_drops",
      "Evidence and shadows that filters went without.",
      "reason",
    ),
    filterRefusals: counter("filter_refusals", "Traffic that a filter refused."),
    queueBytes: new Gauge({
      name: "understudy_queue_bytes",
      help: "Observations waiting to be counted, as bytes on the wire.",
      registers: [registry],
    }),
    queueRefused: counter("queue_refused", "What a full queue did not take.", "queue"),
  };
}

function serverMetrics(
  registry: Registry,
): Of<
  | "streams"
  | "streamsClosed"
  | "watchers"
  | "watchersRefused"
  | "sessions"
  | "sessionsClosed"
  | "messagesTooLarge"
  | "requestsRefused"
> {
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name: `understudy_${name}_total`, help, labelNames, registers: [registry] });
  const gauge = (name: string, help: string) =>
    new Gauge({ name: `understudy_${name}`, help, registers: [registry] });
  return {
    streams: gauge("filter_streams", "Filters' streams that are open."),
    streamsClosed: counter("filter_streams_closed", "Filters' streams ended, by reason.", "reason"),
    watchers: gauge("watchers", "Watch calls that are open."),
    watchersRefused: counter("watchers_refused", "Watch calls over the bound."),
    sessions: gauge("sessions", "Connections to the gRPC port that are open."),
    sessionsClosed: counter(
      "sessions_closed",
      "Connections the guard closed, by reason.",
      "reason",
    ),
    messagesTooLarge: counter("messages_too_large", "gRPC messages over the size limit."),
    requestsRefused: counter("requests_refused", "Calls answered with an error, by code.", "code"),
  };
}

function loopMetrics(
  registry: Registry,
): Of<
  | "applies"
  | "actuatorFailures"
  | "generationsAhead"
  | "saves"
  | "storeFailures"
  | "saveSeconds"
  | "ticks"
  | "tickSeconds"
  | "faults"
> {
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name: `understudy_${name}_total`, help, labelNames, registers: [registry] });
  const seconds = (name: string, help: string) =>
    new Histogram({
      name: `understudy_${name}_seconds`,
      help,
      buckets: [0.0005, 0.001, 0.005, 0.02, 0.1, 0.5, 2],
      registers: [registry],
    });
  return {
    applies: counter("applies", "Traffic handed to the actuator."),
    actuatorFailures: counter("actuator_failures", "What the actuator could not do.", "code"),
    generationsAhead: counter(
      "generations_ahead",
      "Times proxies were found with a newer generation than the store's: an older copy, or another sidecar.",
    ),
    saves: counter("saves", "Changes that the store confirmed."),
    storeFailures: counter("store_failures", "What the store could not do.", "code"),
    saveSeconds: seconds("save", "How long the store took to confirm a change."),
    ticks: counter("ticks", "Turns of the loop."),
    tickSeconds: seconds("tick", "How long a turn of the loop took."),
    faults: counter("faults", "Errors that only a mistake in the program explains.", "where"),
  };
}

function labelMetrics(
  registry: Registry,
): Of<"predictions" | "predictionsStored" | "labels" | "labelsWaiting"> {
  const outcomes = (name: string, help: string) =>
    new Counter({
      name: `understudy_${name}_total`,
      help,
      labelNames: ["outcome"],
      registers: [registry],
    });
  const gauge = (name: string, help: string) =>
    new Gauge({ name: `understudy_${name}`, help, registers: [registry] });
  return {
    predictions: outcomes(
      "predictions",
      "Predictions that labels may come for, by what became of them.",
    ),
    predictionsStored: gauge("predictions_stored", "Requests whose predictions are stored."),
    labels: outcomes("labels", "Labels received, by what became of them."),
    labelsWaiting: gauge("labels_waiting", "Labels whose prediction is not known."),
  };
}
