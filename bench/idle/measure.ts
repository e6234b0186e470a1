import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { RolloutClient } from "../../sidecar/cli/client.ts";
import { plainConnection } from "../../sidecar/cli/connection.ts";
import { LIMITS } from "../../sidecar/limits.ts";
import { type Sidecar, startSidecar } from "../../sidecar/sidecar.ts";
import { benchPlan } from "../rig/filterConfig.ts";

// A process of its own, with a sidecar in it. `fill STORE ROLLOUTS` applies so many plans; `idle STORE` lets it run without any request for a while and
// prints what that takes, as JSON.

/** What a sidecar takes that has nothing to do. */
export type Idle = {
  readonly residentBytes: number;
  /** Of a core, 0 to 1. */
  readonly cpuShare: number;
};

/** Until what a start leaves behind is gone, and how long is measured. */
const SETTLE_MS = 8_000;
const MEASURE_MS = 10_000;

const [verb = "", store = "", rollouts = "0"] = process.argv.slice(2);
const sidecar = await start(store);
if (verb === "fill") {
  await fill(sidecar.grpc, Number(rollouts));
} else {
  process.stdout.write(JSON.stringify(await idle()));
}
await sidecar.stop();

function start(storePath: string): Promise<Sidecar> {
  const address = { host: "127.0.0.1", port: 0 };
  const config = { grpc: address, http: address, storePath, alertsPath: undefined };
  const silent = () => {
    // The bench looks at figures alone.
  };
  const log = { info: silent, warn: silent, error: silent };
  const clock = { wallMs: () => Date.now(), steadyMs: () => performance.now() };
  return startSidecar(config, { log, clock, random: Math.random, limits: LIMITS });
}

async function fill(address: string, count: number): Promise<void> {
  const plan = benchPlan("bench-shadow");
  const client = new RolloutClient(plainConnection(address));
  for (let index = 0; index < count; index += 1) {
    await client.apply(plan.replace("name: bench-shadow", `name: rollout-${index}`));
  }
  const { length } = await client.list();
  assert.equal(length, count);
  client.close();
}

async function idle(): Promise<Idle> {
  await delay(SETTLE_MS);
  const [before, beganMs] = [process.cpuUsage(), performance.now()];
  await delay(MEASURE_MS);
  const { user, system } = process.cpuUsage(before);
  const cpuShare = (user + system) / 1000 / (performance.now() - beganMs);
  return { residentBytes: process.memoryUsage.rss(), cpuShare };
}
