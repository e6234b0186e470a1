import { type FSWatcher, watch as watchFile } from "node:fs";
import type { TestContext } from "node:test";
import {
  setTimeout as delay,
  setImmediate as nextImmediate,
  setInterval,
} from "node:timers/promises";
import { status } from "@grpc/grpc-js";
import { understudy } from "#proto";
import { type Rollout, RolloutClient } from "../../sidecar/cli/client.ts";
import {
  FakeFilter,
  type TakenTraffic,
  type WireObservation,
  wireAnswer,
  wireObservation,
} from "./fakeFilter.ts";
import { type Random, seeded } from "./random.ts";
import { type SidecarProcess, spawnSidecar, startSidecarProcess } from "./sidecarProcess.ts";

const { Phase, Variant } = understudy.v1;

/** What somebody outside was told of a rollout's state. */
export type Told = {
  readonly revision: number;
  /** As the state's phase: `rolled-back`. */
  readonly phase: string;
  readonly stepIndex: number;
  readonly generation: number;
  readonly reason: string;
};

/** A change that was asked for, under a reason of its own. */
export type Asked = {
  readonly kind: "Pause" | "Resume" | "Promote" | "Rollback";
  readonly reason: string;
  /** The revision that it is for. */
  readonly revision: number;
  /** Whether anybody was told that it was made. */
  isAnswered: boolean;
};

/** One life of the sidecar, and who speaks with it. */
export type Life = {
  readonly process: SidecarProcess;
  readonly client: RolloutClient;
  readonly filter: FakeFilter;
  /** Ends the process at once, as a crash does, and lets all who listened hear the last of it. */
  readonly kill: () => Promise<void>;
};

/** Sent at a time, and how often: 400 requests a second. */
const BATCH = 20;
const EVERY_MS = 50;

/** What of one installation outlives its sidecar: the store, a filter under load, and what everybody outside has been told. */
export class KilledInstallation {
  readonly paths: { readonly storePath: string; readonly compileCachePath: string };
  readonly random: Random;
  readonly told: Told[] = [];
  readonly asked: Asked[] = [];
  /** All traffic that the filter was told, in order. */
  readonly traffic: TakenTraffic[] = [];
  /** Requests that the filter has told of. */
  sent = 0;
  /** What candidates answer from now on. */
  candidateStatus = 200;
  readonly #source: string;
  #nextSequence = 1;

  /** `compileCachePath` is of all installations. */
  constructor(seed: number, paths: KilledInstallation["paths"]) {
    this.paths = paths;
    this.random = seeded(seed);
    this.#source = seed.toString(16).padStart(32, "0");
  }

  /** Starts the sidecar, lets the filter come back with the traffic that it has, and listens to all that is told. */
  async begin(context: TestContext): Promise<Life> {
    const sidecar = await startSidecarProcess(context, this.paths);
    const { child, grpc } = sidecar;
    const client = new RolloutClient(grpc);
    const filter = new FakeFilter(grpc, {
      source: this.#source,
      nextSequence: this.#nextSequence,
      inForce: this.traffic.slice(-1).map((one) => ({ rollout: "test", ...one })),
    });
    await filter.ready();
    const ending = new AbortController();
    context.after(() => ending.abort());
    const sending = this.#send(filter, ending.signal);
    const listening = this.#listen(client, ending.signal);
    const kill = async (): Promise<void> => {
      await end(child);
      await listening;
      ending.abort();
      await sending;
      this.traffic.push(...filter.told);
      client.close();
      filter.close();
    };
    return { process: sidecar, client, filter, kill };
  }

  /** Starts the sidecar, and kills it before long: before it serves, or soon after. */
  async cutShort(context: TestContext): Promise<void> {
    const child = spawnSidecar(context, this.paths);
    await this.moment(700);
    await end(child);
  }

  /** Asks for a change; settles with what was answered, or with undefined when it was refused, or nobody answered. */
  async ask(client: RolloutClient, asked: Asked): Promise<Told | undefined> {
    const { kind, reason, revision } = asked;
    try {
      const told = this.note(await client.change(kind, { name: "test", reason, revision }));
      asked.isAnswered = true;
      return told;
    } catch {
      return undefined;
    }
  }

  /** Remembers what was told. */
  note(rollout: Rollout): Told {
    const told = toldBy(rollout);
    this.told.push(told);
    return told;
  }

  /** Settles at some instant within so many milliseconds, by the seed. */
  async moment(withinMs: number): Promise<void> {
    const atMs = performance.now() + this.random.next() * withinMs;
    await delay(Math.max(0, atMs - performance.now() - 1));
    while (performance.now() < atMs) {
      await nextImmediate();
    }
  }

  /** Settles at that write of the sidecar to the store, counted from now. */
  async writes(count: number): Promise<void> {
    let seen = 0;
    let watcher: FSWatcher | undefined;
    await new Promise<void>((resolve) => {
      watcher = watchFile(`${this.paths.storePath}-wal`, () => {
        seen += 1;
        if (seen >= count) {
          resolve();
        }
      });
      watcher.unref();
    });
    watcher?.close();
  }

  async #send(filter: FakeFilter, signal: AbortSignal): Promise<void> {
    try {
      for await (const _ of setInterval(EVERY_MS, undefined, { signal })) {
        const traffic = filter.traffic.get("test");
        if (filter.closed === undefined && traffic !== undefined) {
          this.#nextSequence = filter.observe(this.#requests(traffic)) + 1;
          this.sent += BATCH;
        }
      }
    } catch {
      // Sent home.
    }
  }

  /** As users and copies would have it under the traffic. */
  #requests({ candidateBp, generation, shadowBp }: TakenTraffic): readonly WireObservation[] {
    const candidate = wireAnswer({ status: this.candidateStatus });
    return Array.from({ length: BATCH }, (_, index) => {
      const isCandidate = index * 10_000 < BATCH * candidateBp;
      const shadow = isCandidate ? wireAnswer() : candidate;
      return wireObservation({
        generation,
        served: isCandidate ? Variant.VARIANT_CANDIDATE : Variant.VARIANT_PRIMARY,
        answer: isCandidate ? candidate : wireAnswer(),
        ...(shadowBp > 0 && { shadow }),
      });
    });
  }

  /** Listens to the rollout, as soon as there is one, to the end of the connection. */
  async #listen(client: RolloutClient, signal: AbortSignal): Promise<void> {
    let isMissing = true;
    while (isMissing && !signal.aborted) {
      try {
        for await (const rollout of client.watch("test", signal)) {
          this.note(rollout);
        }
        isMissing = false;
      } catch (error) {
        isMissing = Object(error).code === status.NOT_FOUND;
      }
    }
  }
}

function toldBy({ revision, phase, reason, step, traffic }: Rollout): Told {
  return {
    revision: Number(revision),
    phase: Phase[phase].slice("PHASE_".length).toLowerCase().replaceAll("_", "-"),
    stepIndex: step,
    generation: Number(traffic?.generation),
    reason,
  };
}

async function end(child: SidecarProcess["child"]): Promise<void> {
  const exited = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await exited;
}
