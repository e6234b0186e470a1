import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import { parsePlan } from "../../sidecar/plan/parsePlan.ts";
import { benchPlan } from "../rig/filterConfig.ts";
import { FEATURES, patientProfile, withRequests } from "./watchedWire.ts";
import { floorWay, sidecarWay, type Way } from "./ways.ts";
import { makeBatches, type WireBatch } from "./wire.ts";

// A process of its own: measures the floor, the sidecar's way of pairs, and its way of the same pairs with their requests watched for drift, as many as
// it looks at in a second and each of them, in interleaved rounds, and prints them as JSON. Argument: the number of rounds.

const BATCHES = 400;
const WARM_ROUNDS = 4;
const START_MS = 1_800_000_000_000;
/** Rows after which a window ends: so many that what ending one takes is apart from counting. */
const WINDOW_ROWS = 1_000_000;

const batches = makeBatches(BATCHES, START_MS);
const captured = withRequests(batches);
const plan = await watchedPlan();
const ways: readonly (readonly [string, Way, readonly WireBatch[]])[] = [
  ["floor", floorWay, batches],
  ["plain", sidecarWay(START_MS), batches],
  ["watched", sidecarWay(START_MS, plan), captured],
  ["each", sidecarWay(START_MS, plan, Number.POSITIVE_INFINITY), captured],
];
const rounds: Record<string, number>[] = [];
for (let round = -WARM_ROUNDS; round < Number(process.argv[2]); round++) {
  const measured: Record<string, number> = {};
  for (const [name, way, given] of round % 2 === 0 ? ways : ways.toReversed()) {
    measured[name] = await usPerPair(way, given);
  }
  if (round >= 0) {
    rounds.push(measured);
  }
}
process.stdout.write(JSON.stringify(rounds));

/** CPU time of this process, all threads, per pair. */
async function usPerPair(way: Way, given: readonly WireBatch[]): Promise<number> {
  const before = process.cpuUsage();
  const pairs = await way(given);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / pairs;
}

async function watchedPlan(): Promise<Plan> {
  const reference = gzipSync(JSON.stringify(await patientProfile())).toString("base64");
  const drift = { reference, features: FEATURES, window: { rows: WINDOW_ROWS, time: "24h" } };
  const parsed = parsePlan(`${benchPlan("bench-shadow")}  drift: ${JSON.stringify(drift)}\n`);
  assert("plan" in parsed, `the bench's plan is not valid: ${JSON.stringify(parsed)}`);
  return parsed.plan;
}
