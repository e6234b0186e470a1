import { alternate } from "../scenarios/cpuRatio.ts";
import type { Round } from "../stats.ts";
import { makeLargeBatches } from "./largeWire.ts";
import { floorWay, sidecarWay, type Way } from "./ways.ts";
import { makeBatches, type WireBatch } from "./wire.ts";

// A process of its own: measures both ways in interleaved rounds and prints them as JSON. Arguments: the number of rounds, and which pairs:
// "small" (which is the default), or equal ones of 100 kB, "same" or "ignored".

const BATCHES = 400;
const LARGE_BATCHES = 300;
const WARM_ROUNDS = 4;
const START_MS = 1_800_000_000_000;

const rounds: Round[] = [];
const batches = batchesOf(process.argv[3]);
const ours = sidecarWay(START_MS);
let pairs = 0;
for (let round = -WARM_ROUNDS; round < Number(process.argv[2]); round++) {
  const measured = await alternate(round, {
    ours: () => usPerPair(ours, batches),
    native: () => usPerPair(floorWay, batches),
  });
  if (round >= 0) {
    rounds.push(measured);
  }
}
process.stdout.write(JSON.stringify({ rounds, pairs }));

function batchesOf(pairs: string = "small"): readonly WireBatch[] {
  switch (pairs) {
    case "small":
      return makeBatches(BATCHES, START_MS);
    case "same":
    case "ignored":
      return makeLargeBatches(LARGE_BATCHES, START_MS, pairs);
    default:
      throw new Error(`pairs: ${pairs}: small, same or ignored`);
  }
}

/** CPU time of this process, all threads (the garbage collector's among them), per pair. */
async function usPerPair(way: Way, given: readonly WireBatch[]): Promise<number> {
  const before = process.cpuUsage();
  pairs = await way(given);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / pairs;
}
