import { understudy } from "#proto";
import type { Header } from "./pairs.ts";
import { WasmHost } from "./wasmHost.ts";

const { FilterMessage, SidecarMessage } = understudy.v1;

/** What the filter said to the sidecar. */
export type Said = {
  readonly observations: understudy.v1.IObservation[];
  readonly drops: understudy.v1.IDrop[];
  readonly batches: understudy.v1.IBatch[];
  readonly inForce: understudy.v1.IInForce[];
  readonly hellos: understudy.v1.IHello[];
};

export const SECRET = "a secret of some length";

/** A plugin configuration with one rollout; `change` replaces parts of the rollout. */
export function configOf(change: object = {}): object {
  const rollout = {
    name: "r1",
    match: { path: { prefix: "/m/" } },
    salt: "pepper and salt",
    primary: { cluster: "one", version: "v1" },
    candidate: { cluster: "two", version: "v2" },
    sticky: { header: "x-user" },
    overrides: [{ secret: SECRET, variant: "candidate" }],
    shadow: { paths: [{ prefix: "/m/" }], bodyBytesMax: 1000 },
    ...change,
  };
  return { sidecar: { cluster: "understudy" }, rollouts: [rollout] };
}

/** The headers of a request, with more or other ones. */
export function headersOf(user: string, more: readonly Header[] = []): Header[] {
  const base: Header[] = [
    [":method", "POST"],
    [":path", "/m/infer?x=1"],
    [":authority", "example.com"],
    ["x-request-id", `id-${user}`],
    ["x-user", user],
  ];
  const names = more.map(([name]) => name);
  return [...base.filter(([name]) => !names.includes(name)), ...more];
}

/** Traffic as the sidecar would send it. */
export function trafficOf(change: object = {}): understudy.v1.ITraffic {
  return {
    rollout: "r1",
    generation: 1,
    candidateBp: 0,
    shadowBp: 10_000,
    shadowPrimary: true,
    ...change,
  };
}

/** The stream that is open now: its token. */
export function openStream(host: WasmHost): number {
  const open = [...host.streams].filter(([, stream]) => stream.open);
  return open.at(-1)?.[0] ?? 0;
}

/** The sidecar greets, with credit, and sends traffic. */
export function greet(host: WasmHost, traffic?: understudy.v1.ITraffic, creditBytes = 1e6): void {
  const limits = { messageBytesMax: 262_144, creditBytes };
  host.receive(openStream(host), SidecarMessage.encode({ limits }).finish());
  if (traffic !== undefined) sendTraffic(host, traffic);
}

/** The sidecar sends traffic on the open stream. */
export function sendTraffic(host: WasmHost, traffic: understudy.v1.ITraffic): void {
  host.receive(openStream(host), SidecarMessage.encode({ traffic }).finish());
}

/** The sidecar acknowledges, with more credit. */
export function acknowledge(host: WasmHost, sequence: number, creditBytes = 1e6): void {
  const ack = { sequence, creditBytes };
  host.receive(openStream(host), SidecarMessage.encode({ ack }).finish());
}

/** A worker whose filter is configured, connected and serves this traffic. */
export function stage(config: object, traffic?: understudy.v1.ITraffic): WasmHost {
  const host = new WasmHost();
  host.configure(config);
  host.tick(1);
  greet(host, traffic);
  return host;
}

/** Everything that the filter has sent on all streams, after one more tick. */
export function said(host: WasmHost, root = 1): Said {
  host.tick(root);
  const messages = [...host.streams.values()]
    .flatMap((stream) => stream.messages)
    .map((bytes) => FilterMessage.decode(bytes));
  const batches = messages.flatMap((message) => message.batch ?? []);
  return {
    batches,
    observations: batches.flatMap((batch) => batch.observations ?? []),
    drops: batches.flatMap((batch) => batch.drops ?? []),
    inForce: messages.flatMap((message) => message.inForce ?? []),
    hellos: messages.flatMap((message) => message.hello ?? []),
  };
}

/** How often the filter told the sidecar of each reason. */
export function dropsOf(host: WasmHost): Record<number, number> {
  const out: Record<number, number> = {};
  for (const { reason, count } of said(host).drops) {
    out[reason ?? 0] = (out[reason ?? 0] ?? 0) + Number(count);
  }
  return out;
}
