import { parseArgs } from "node:util";
import { UPSTREAMS, type Upstream } from "./rig/envoyConfig.ts";

/** What can be measured, in the order in which it is (primaryP99 lets the sidecar run only on an idle core from then on, so it is its last user). */
export const MEASUREMENTS = [
  "split",
  "shadow",
  "memory",
  "primaryP99",
  "sidecar",
  "sidecarDrift",
  "largePair",
  "labels",
  "idle",
  "delivery",
  "drift",
  "istio",
] as const;

/** Left out unless `--only` names it: it takes a control plane that `go` builds for ten minutes. */
const WHEN_NAMED: Measurement = "istio";

/** Name of one measurement: the key of its figure in the report. */
export type Measurement = (typeof MEASUREMENTS)[number];

/** What the command line asks for. */
export type Options = {
  /** File for the JSON report, if one is wanted. */
  readonly report: string | undefined;
  readonly only: readonly Measurement[];
  /** Interleaved rounds of each ratio, 1 to 100. */
  readonly rounds: number;
  /** How the upstream of the Envoys answers. */
  readonly upstream: Upstream;
  /** Whether drift is measured beside Evidently, which pip brings into a virtual environment of the bench. */
  readonly evidently: boolean;
};

const ROUNDS = 9;
const ROUNDS_MAX = 100;

/** Reads the arguments after the script's name. Throws a sentence that says what is allowed when something is not. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      report: { type: "string" },
      only: { type: "string" },
      rounds: { type: "string" },
      upstream: { type: "string", default: "keeps" },
      evidently: { type: "boolean", default: false },
    },
  });
  const rounds = Number(values.rounds ?? ROUNDS);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > ROUNDS_MAX) {
    throw new Error(`--rounds: ${values.rounds}: a whole number from 1 to ${ROUNDS_MAX}`);
  }
  const upstream = UPSTREAMS.find((known) => known === values.upstream);
  if (upstream === undefined) {
    throw new Error(`--upstream: ${values.upstream}: one of ${UPSTREAMS.join(", ")}`);
  }
  const names = values.only?.split(",") ?? MEASUREMENTS.filter((name) => name !== WHEN_NAMED);
  const unknown = names.find((name) => !MEASUREMENTS.some((known) => known === name));
  if (unknown !== undefined) {
    throw new Error(`--only: ${JSON.stringify(unknown)}: some of ${MEASUREMENTS.join(",")}`);
  }
  return {
    report: values.report,
    only: MEASUREMENTS.filter((name) => names.includes(name)),
    rounds,
    upstream,
    evidently: values.evidently,
  };
}
