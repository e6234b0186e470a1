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
  /** How many of those that began then or later, Unix time, have ended. */
  readonly answeredSince: (beganMs: number) => number;
  /** Ends it; settles with all of its requests when the last is answered. Those that broke have status 0. */
  readonly end: () => Promise<readonly Loaded[]>;
};

const TICK_MS = 5;
/** A machine that can't keep the pace sends later, so that requests begin when they are sent. */
const IN_FLIGHT_MAX = 64;

/** Sends so many requests a second, as far as the machine keeps up; what is late is made up for. */
export function startSteadyLoad(
  users: Client,
  perSecond: number,
  sentAs: (index: number) => Sent,
): SteadyLoad {
  const beganAtMs = performance.now();
  const done: Promise<Loaded>[] = [];
  const ended: Loaded[] = [];
  const send = async (index: number): Promise<Loaded> => {
    const beganMs = Date.now();
    const { status, body } = await users.send(sentAs(index)).catch((error: unknown) => ({
      status: 0,
      body: String(error),
    }));
    const one = { beganMs, endedMs: Date.now(), status, body };
    ended.push(one);
    return one;
  };
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - beganAtMs) * perSecond) / 1000);
    while (done.length < due && done.length - ended.length < IN_FLIGHT_MAX) {
      done.push(send(done.length));
    }
  }, TICK_MS);
  return {
    answeredSince: (beganMs) => ended.filter((one) => one.beganMs >= beganMs).length,
    end: () => {
      clearInterval(timer);
      return Promise.all(done);
    },
  };
}
