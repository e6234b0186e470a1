import type { Client, Sent } from "./client.ts";

/** One request of a load: when it began and ended, Unix time, and what came of it. */
export type Loaded = {
  readonly beganMs: number;
  readonly endedMs: number;
  readonly status: number;
  readonly body: string;
};

/** Requests at a steady rate. */
export type SteadyLoad = {
  /** How many have been sent. */
  readonly sent: () => number;
  /** Ends it; settles with all of its requests when the last is answered. Those that broke have status 0. */
  readonly end: () => Promise<readonly Loaded[]>;
};

const TICK_MS = 5;

/** Sends so many requests a second, whatever becomes of them; what was late is made up for. */
export function startSteadyLoad(
  users: Client,
  perSecond: number,
  sentAs: (index: number) => Sent,
): SteadyLoad {
  const beganAtMs = performance.now();
  const done: Promise<Loaded>[] = [];
  const send = async (index: number): Promise<Loaded> => {
    const beganMs = Date.now();
    try {
      const { status, body } = await users.send(sentAs(index));
      return { beganMs, endedMs: Date.now(), status, body };
    } catch (error) {
      return { beganMs, endedMs: Date.now(), status: 0, body: String(error) };
    }
  };
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - beganAtMs) * perSecond) / 1000);
    while (done.length < due) {
      done.push(send(done.length));
    }
  }, TICK_MS);
  return {
    sent: () => done.length,
    end: () => {
      clearInterval(timer);
      return Promise.all(done);
    },
  };
}
