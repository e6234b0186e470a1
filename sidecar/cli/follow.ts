import { setTimeout as delay } from "node:timers/promises";
import { status } from "@grpc/grpc-js";
import { backoffMs } from "../core/backoff.ts";
import type { Rollout, RolloutClient } from "./client.ts";
import { errorText } from "./errorText.ts";

/** How a rollout is followed. */
export type Following = {
  /** None follows for ever. */
  readonly timeoutMs: number | undefined;
  /** Told in words, once each time, when the sidecar can't be asked. */
  readonly onAway: (why: string) => void;
  /** Whether the sidecar has answered before; else the first failure is the caller's to know. */
  readonly wasHeard: boolean;
};

/** A rollout under way is told of every second; a stream that is silent for longer may be of a machine that has gone. */
const SILENCE_MS = 15_000;
const BACKOFF = { minMs: 200, maxMs: 5_000 };
/** Errors that pass by themselves: the sidecar is away, or has too many watchers. */
const PASSING: readonly unknown[] = [status.UNAVAILABLE, status.RESOURCE_EXHAUSTED];

/** A rollout as it is and at every change until the timeout, through restarts of the sidecar. Rejects with what does not pass by itself. */
export async function* follow(
  client: RolloutClient,
  name: string,
  { timeoutMs = Number.POSITIVE_INFINITY, onAway, wasHeard }: Following,
): AsyncGenerator<Rollout> {
  const deadline = performance.now() + timeoutMs;
  let isHeard = wasHeard;
  for (let failures = 0; performance.now() < deadline; failures += 1) {
    try {
      for await (const rollout of look(client, name, deadline)) {
        isHeard = true;
        failures = 0;
        yield rollout;
      }
    } catch (error) {
      if (!isHeard || !isPassing(error)) {
        throw error;
      }
      if (failures === 0) {
        onAway(errorText(error));
      }
    }
    const waitMs = backoffMs(failures, BACKOFF, Math.random);
    await delay(Math.max(0, Math.min(waitMs, deadline - performance.now())));
  }
}

/** One call of Watch; it ends, too, at the deadline and when nothing comes for long. */
async function* look(
  client: RolloutClient,
  name: string,
  deadline: number,
): AsyncGenerator<Rollout> {
  const ending = new AbortController();
  const wait = () => Math.max(0, Math.min(SILENCE_MS, deadline - performance.now()));
  let timer = setTimeout(() => ending.abort(), wait());
  try {
    for await (const rollout of client.watch(name, ending.signal)) {
      clearTimeout(timer);
      timer = setTimeout(() => ending.abort(), wait());
      yield rollout;
    }
  } catch (error) {
    if (!ending.signal.aborted) {
      throw error;
    }
  } finally {
    clearTimeout(timer);
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof Error && "code" in error && PASSING.includes(error.code);
}
