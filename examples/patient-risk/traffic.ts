import { Agent, request } from "node:http";
import { inferenceBody, type Patient } from "./patients.ts";
import { uniform } from "./random.ts";

/** The load on the front Envoy. */
export type Load = {
  readonly port: number;
  readonly path: string;
  readonly requestsPerSecond: number;
  readonly patients: readonly Patient[];
  readonly seed: number;
};

/** What users saw so far. */
export type Seen = {
  readonly sent: number;
  readonly answered: number;
  /** Answers other than 200, and requests without an answer. */
  readonly failed: number;
  /** Failed requests by the version they were routed to, as the front Envoy names it, and status: `v4 500`; ` 0` without an answer. */
  readonly failedBy: ReadonlyMap<string, number>;
  /** Of the last answers, in milliseconds from the time the request was due. */
  readonly latencyMs: { readonly p50: number; readonly p99: number };
};

/** A request that has ended: it was answered, or failed. */
export type Answered = {
  /** The protocol's id, which the request carried; unique in this traffic. */
  readonly id: string;
  readonly patient: Patient;
};

/** Traffic under way. */
export type RunningTraffic = {
  seen(): Seen;
  /** Draws from these patients from now on. */
  serve(patients: readonly Patient[]): void;
  /** Tells of every request that ends from now on, until what is returned is called. */
  watch(tell: (answered: Answered) => void): () => void;
  /** Sends no more, and waits for the answers that are due. */
  stop(): Promise<void>;
};

/** The response header by which the front Envoy names the version. */
export const SERVED_BY = "x-served-by";

const SOCKETS_MAX = 256;
const TIMEOUT_MS = 10_000;
/** Time from the first request to the full rate, so that every process can open its connections and compile its code. */
const RAMP_MS = 2_000;
const LATENCIES_MAX = 2_000;

/**
 * Sends requests at random times (a Poisson process), drawn with replacement from the patients, however long answers take: an open loop. The rate rises to the full one within 2 s. A request's latency
 * counts from the time it was due, so that a stall anywhere is seen by every request it delays.
 */
export function startTraffic(load: Load): RunningTraffic {
  const draw = uniform(load.seed);
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS_MAX });
  const failedBy = new Map<string, number>();
  const latencies: number[] = [];
  const waiting = new Set<Promise<void>>();
  const watchers = new Set<(answered: Answered) => void>();
  let { patients } = load;
  let sent = 0;
  let answered = 0;
  let failed = 0;
  const startMs = performance.now();
  let dueMs = startMs;
  let timer: NodeJS.Timeout | undefined;

  const send = (due: number): void => {
    const patient = patients[Math.floor(draw() * patients.length)];
    if (patient === undefined) {
      return;
    }
    sent += 1;
    const asked = { id: `${sent}`, patient };
    const answer = ask(agent, load, asked).then(({ status, servedBy }) => {
      answered += 1;
      latencies[answered % LATENCIES_MAX] = performance.now() - due;
      for (const tell of watchers) {
        tell(asked);
      }
      if (status !== 200) {
        failed += 1;
        const failure = `${servedBy} ${status}`;
        failedBy.set(failure, (failedBy.get(failure) ?? 0) + 1);
      }
      waiting.delete(answer);
    });
    waiting.add(answer);
  };
  const sendDue = (): void => {
    while (dueMs <= performance.now()) {
      send(dueMs);
      const share = Math.min(1, 0.1 + (dueMs - startMs) / RAMP_MS);
      dueMs += (-Math.log(1 - draw()) * 1_000) / (load.requestsPerSecond * share);
    }
    timer = setTimeout(sendDue, Math.max(1, dueMs - performance.now()));
  };
  sendDue();

  return {
    seen: () => ({ sent, answered, failed, failedBy, latencyMs: quantiles(latencies) }),
    serve: (others) => {
      patients = others;
    },
    watch: (tell) => {
      watchers.add(tell);
      return () => watchers.delete(tell);
    },
    stop: async () => {
      clearTimeout(timer);
      await Promise.all(waiting);
      agent.destroy();
    },
  };
}

type Outcome = { readonly status: number; readonly servedBy: string };

/** Never rejects: no answer is status 0. */
function ask(agent: Agent, load: Load, { id, patient }: Answered): Promise<Outcome> {
  const body = JSON.stringify({ id, ...inferenceBody(patient) });
  return new Promise((resolve) => {
    const none = (): void => resolve({ status: 0, servedBy: "" });
    const asked = request({
      ...{ agent, host: "127.0.0.1", port: load.port, path: load.path, method: "POST" },
      timeout: TIMEOUT_MS,
      headers: {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        "x-patient-id": patient.person,
      },
    });
    asked.on("error", none);
    asked.on("timeout", () => asked.destroy());
    asked.on("response", (response) => {
      const servedBy = response.headers[SERVED_BY];
      response.on("error", none);
      response.on("end", () => {
        const status = response.statusCode ?? 0;
        resolve({ status, servedBy: typeof servedBy === "string" ? servedBy : "" });
      });
      response.resume();
    });
    asked.end(body);
  });
}

function quantiles(latencies: readonly number[]): { readonly p50: number; readonly p99: number } {
  const sorted = latencies.filter((latency) => latency !== undefined).sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}
