import { setTimeout as delay } from "node:timers/promises";
import type { RunningTraffic } from "./traffic.ts";

/** Labels told to the sidecar so far. */
export type LabelCounts = {
  /** Those that it took. */
  readonly sent: number;
  /** Those of them that it joined with a prediction. */
  readonly joined: number;
};

/** Labels being told. */
export type RunningOutcomes = {
  seen(): LabelCounts;
  /** Tells no more, and waits for the batch under way. */
  stop(): Promise<void>;
};

type Outcome = { readonly id: string; readonly label: number; readonly knownMs: number };

const BATCH_MS = 1_000;
const BATCH_MAX = 10_000;

/**
 * Tells the sidecar what was true of each request that ends from now on (1 for high use of care, else 0), `afterMs` after its end, in a batch each
 * second. Failed requests are no exception: what comes true does not depend on answers, and the other variant may have answered. A batch that the
 * sidecar does not take is sent again, which does no harm.
 */
export function startOutcomes(
  to: {
    /** The sidecar's HTTP address, host and port. */
    readonly http: string;
    readonly rollout: string;
    readonly afterMs: number;
  },
  traffic: Pick<RunningTraffic, "watch">,
): RunningOutcomes {
  const ending = new AbortController();
  let waiting: Outcome[] = [];
  let counts: LabelCounts = { sent: 0, joined: 0 };
  const unwatch = traffic.watch(({ id, patient }) => {
    waiting.push({ id, label: Number(patient.highUse), knownMs: Date.now() + to.afterMs });
  });
  const tellDue = async (): Promise<void> => {
    const nowMs = Date.now();
    const due = waiting.filter(({ knownMs }) => knownMs <= nowMs).slice(0, BATCH_MAX);
    const joined = due.length === 0 ? undefined : await post(to, due);
    if (joined !== undefined) {
      const told = new Set(due);
      waiting = waiting.filter((outcome) => !told.has(outcome));
      counts = { sent: counts.sent + due.length, joined: counts.joined + joined };
    }
  };
  const running = (async () => {
    while (!ending.signal.aborted) {
      await tellDue();
      await delay(BATCH_MS, undefined, { signal: ending.signal }).catch(() => {});
    }
  })();
  return {
    seen: () => counts,
    stop: async () => {
      unwatch();
      ending.abort();
      await running;
    },
  };
}

/** How many labels were joined with a prediction; undefined when they were not taken. */
async function post(
  { http, rollout }: { readonly http: string; readonly rollout: string },
  outcomes: readonly Outcome[],
): Promise<number | undefined> {
  try {
    const response = await fetch(`http://${http}/v1/labels`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ labels: outcomes.map(({ id, label }) => ({ rollout, id, label })) }),
    });
    const text = await response.text();
    const { joined }: { readonly joined: number } = JSON.parse(text);
    return response.ok ? joined : undefined;
  } catch {
    return undefined;
  }
}
