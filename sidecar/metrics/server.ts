import { Counter, Gauge, type Registry } from "prom-client";

/** Who is connected, and who was sent away. */
export type ServerMetrics = {
  readonly streams: Gauge;
  readonly streamsClosed: Counter<"reason">;
  readonly watchers: Gauge;
  readonly watchersRefused: Counter;
  readonly sessions: Gauge;
  readonly sessionsClosed: Counter<"reason">;
  readonly messagesTooLarge: Counter;
  readonly requestsRefused: Counter<"code">;
  readonly callsDenied: Counter<"reason">;
  readonly reloads: Counter<"files" | "outcome">;
};

/** Makes them. */
export function serverMetrics(registry: Registry): ServerMetrics {
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
    callsDenied: counter(
      "calls_denied",
      "Calls of callers that are unknown or may not, by reason.",
      "reason",
    ),
    reloads: counter(
      "reloads",
      "Times that files were read again while serving, by outcome.",
      "files",
      "outcome",
    ),
  };
}
