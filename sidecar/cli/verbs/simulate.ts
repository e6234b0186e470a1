import type { Plan } from "../../core/plan/plan.ts";
import { brokenGuardrails } from "../../core/simulate/limits.ts";
import { type Ended, type Share, type Simulation, simulate } from "../../core/simulate/simulate.ts";
import { whyNotSimulated } from "../../core/simulate/simulated.ts";
import { parseTruth, TRUTH_KEYS, type Truth } from "../../core/simulate/truth.ts";
import { percent } from "../../core/words.ts";
import { EXAMPLE_VERSIONS, parsePlan } from "../../plan/parsePlan.ts";
import { readPlanFile } from "../../plan/planFile.ts";
import { formatProblem } from "../../plan/problem.ts";
import { EXIT } from "../exitCodes.ts";
import { UsageError, wholeNumber } from "../flags.ts";
import { inForm, OUTPUT_FLAGS } from "../output.ts";
import { alignedTable } from "../table.ts";
import { defineVerb, type Verb } from "../verb.ts";

const RUNS_MAX = 1_000_000;
const SEED_MAX = 4_294_967_295;

type Asked = { readonly plan: Plan; readonly truth: Truth };

/** `understudy simulate`. */
export const simulatePlan: Verb = defineVerb({
  operands: "",
  flags: {
    plan: { type: "string", required: true, value: "FILE", meaning: "the file of a plan" },
    truth: {
      type: "string",
      multiple: true,
      value: "KEY=VALUE",
      meaning: "what is true, as often as there are keys",
    },
    runs: {
      type: "string",
      default: "1000",
      value: "N",
      check: wholeNumber(1, RUNS_MAX),
      meaning: "how many rollouts",
    },
    seed: {
      type: "string",
      default: "1",
      value: "N",
      check: wholeNumber(0, SEED_MAX),
      meaning: "which randomness",
    },
    ...OUTPUT_FLAGS,
  },
  about: [
    "What can be true, and what is true unless it is said:",
    ...alignedTable(
      TRUTH_KEYS.map(({ key, preset, meaning }) => [`  ${key}`, `${meaning}; ${preset}`]),
      "ll",
    ),
  ],
  examples: ["simulate --plan plan.yaml --truth candidate-error-rate=0.05 --runs 200"],
  run: async ({ flags, output }) => {
    const parsed = parseTruth(flags.truth);
    if ("problems" in parsed) {
      throw new UsageError(parsed.problems);
    }
    const asked = { plan: await readPlan(flags.plan), truth: parsed.truth };
    const sample = { runs: Number(flags.runs), seed: Number(flags.seed) };
    const simulation = simulate(asked.plan, asked.truth, sample);
    const text = () => printed(asked, simulation);
    output.out(inForm(flags.output, { json: () => simulation, text }));
    return EXIT.done;
  },
});

async function readPlan(file: string): Promise<Plan> {
  const parsed = parsePlan(await readPlanFile(file), EXAMPLE_VERSIONS);
  if (parsed.kind !== "plan") {
    throw new Error(parsed.problems.map(formatProblem).join("\n"));
  }
  const problem = whyNotSimulated(parsed.plan);
  if (problem !== undefined) {
    throw new Error(`${file}: ${problem}`);
  }
  return parsed.plan;
}

function printed({ plan, truth }: Asked, simulation: Simulation): string {
  const broken = brokenGuardrails(plan, truth).map(({ name }) => name);
  const { shares, runs, promotions, rollbacks, requests, exposed, seconds } = simulation;
  const truly =
    broken.length === 0
      ? `within every limit: a rollback is false, and alpha.rollback ${plan.alpha.rollback} bounds its chance`
      : `beyond the limit of ${broken.join(", ")}: a promotion is false, and alpha.promotion ${plan.alpha.promotion} bounds its chance`;
  return [
    `${plan.name}: ${runs} simulated rollouts`,
    `  the candidate is ${truly}`,
    `  promoted     ${shareText(shares.promoted)}${endedText(promotions)}`,
    `  rolled back  ${shareText(shares.rolledBack)}${endedText(rollbacks)}`,
    `  undecided    ${shareText(shares.undecided)}`,
    `  requests behind the end: median ${requests.median}, 9 of 10 at most ${requests.p90}`,
    `  of users, answered by the candidate: median ${exposed.median}, 9 of 10 at most ${exposed.p90}`,
    `  time: median ${seconds.median} s, 9 of 10 at most ${seconds.p90} s`,
  ].join("\n");
}

function shareText({ share, from, to }: Share): string {
  return `${percent(share)} (95% confidence: ${percent(from)} to ${percent(to)})`;
}

function endedText(ended: Ended | undefined): string {
  if (ended === undefined) {
    return "";
  }
  const why = ended.reasons.map(({ reason, runs }) => `${reason} ${runs}`).join(", ");
  return `, after a median of ${ended.requests.median} requests and ${ended.seconds.median} s, by ${why}`;
}
