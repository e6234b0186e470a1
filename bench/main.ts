import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { findEnvoy } from "../sidecar/envoy/find.ts";
import { type Measurement, type Options, parseOptions } from "./options.ts";
import { formatTable, makeReport, type Result, verdict } from "./report.ts";
import { type Pinning, pinSelf, unpinSelf } from "./rig/cores.ts";
import { describeMachine } from "./rig/machine.ts";
import { type Rig, startRig } from "./rig/rig.ts";
import { measureDelivery } from "./scenarios/delivery.ts";
import { measureDrift } from "./scenarios/drift.ts";
import { measureIdle } from "./scenarios/idle.ts";
import { measureIstio } from "./scenarios/istio.ts";
import { measureLabels } from "./scenarios/labels.ts";
import { measureMemory } from "./scenarios/memory.ts";
import { measureLargePairCost, measurePairCost, measureWatchedCost } from "./scenarios/pairCost.ts";
import { measurePrimaryP99 } from "./scenarios/primaryP99.ts";
import { measureShadow } from "./scenarios/shadow.ts";
import { measureSplit } from "./scenarios/split.ts";

// npm run bench: what the filter and the sidecar cost, as ratios to Envoy's own features and to a floor. See options.ts for the
// command line. Exit status 0 when everything that was asked for was measured, whatever the figures are; 1 when something was not.

/** What is measured without the Envoys of the rig, and what with them. */
const ALONE = {
  sidecar: ({ rounds }: Options) => measurePairCost(rounds),
  sidecarDrift: ({ rounds }: Options) => measureWatchedCost(rounds),
  largePair: ({ rounds }: Options) => measureLargePairCost(rounds),
  labels: () => measureLabels(),
  idle: () => measureIdle(),
  delivery: () => measureDelivery(),
  drift: (options: Options, pinning: Pinning) => {
    unpinSelf(pinning);
    return measureDrift(options);
  },
  istio: () => measureIstio(),
} as const;
const WITH_ENVOY: Readonly<
  Record<Exclude<Measurement, keyof typeof ALONE>, (rig: Rig, options: Options) => Promise<Result>>
> = {
  split: (rig, { rounds }) => measureSplit(rig, rounds),
  shadow: (rig, { rounds }) => measureShadow(rig, rounds),
  primaryP99: (rig, { rounds }) => measurePrimaryP99(rig, rounds),
  memory: measureMemory,
};

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  say(`bench: ${error instanceof Error ? error.message : String(error)}`);
  return 1;
});

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  const pinning = pinSelf();
  if (pinning.kind === "unpinned") {
    say(`bench: nothing is pinned to a core, so figures are noisier: ${pinning.why}`);
  }
  const needsEnvoy = !options.only.every(isAlone);
  const envoy = needsEnvoy ? await findEnvoy({ env: process.env, say }) : undefined;
  const rig =
    envoy === undefined ? undefined : await startRig(envoy.path, pinning, options.upstream);
  endWithSignals(rig);
  const results: Result[] = [];
  try {
    for (const name of options.only) {
      await measureOne(name, { rig, pinning, options, results });
    }
  } finally {
    await rig?.close();
  }
  const where = { machine: describeMachine(pinning), envoy, command: args, rounds: options.rounds };
  if (options.report !== undefined) {
    writeFileSync(options.report, `${JSON.stringify(makeReport(results, where), undefined, 2)}\n`);
  }
  console.log(formatTable(results));
  console.log(verdict(options.only, results));
  return results.length === options.only.length ? 0 : 1;
}

/** Leaves no process behind when this one is told to end. */
function endWithSignals(rig: Rig | undefined): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, async () => {
      await rig?.close();
      process.exit(1);
    });
  }
}

/** What a measurement may use, and where its result goes. */
type Run = {
  readonly rig: Rig | undefined;
  readonly pinning: Pinning;
  readonly options: Options;
  readonly results: Result[];
};

/** Measures one figure. One that can't be measured is said and left out, so that the others are still had. */
async function measureOne(name: Measurement, run: Run): Promise<void> {
  say(`bench: ${name} ...`);
  try {
    const result = await measurementOf(name, run);
    run.results.push(result);
    say(`bench: ${name} ${result.ratio.toFixed(3)}: ${result.figures}`);
  } catch (error) {
    say(`bench: ${name} was not measured: ${error instanceof Error ? error.message : error}`);
  }
}

async function measurementOf(name: Measurement, { rig, pinning, options }: Run): Promise<Result> {
  if (isAlone(name)) {
    return await ALONE[name](options, pinning);
  }
  assert(rig !== undefined, `${name} needs Envoy`);
  return await WITH_ENVOY[name](rig, options);
}

function isAlone(name: Measurement): name is keyof typeof ALONE {
  return Object.hasOwn(ALONE, name);
}
