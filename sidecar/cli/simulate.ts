import { parseArgs } from "node:util";
import type { Plan } from "../core/plan/plan.ts";
import { brokenGuardrails } from "../core/simulate/limits.ts";
import { type Ended, type Share, type Simulation, simulate } from "../core/simulate/simulate.ts";
import { parseTruth, TRUTH_KEYS, type Truth } from "../core/simulate/truth.ts";
import { percent } from "../core/words.ts";
import { parsePlan } from "../plan/parsePlan.ts";
import { formatProblem } from "../plan/problem.ts";
import { readPlanFile } from "./planFile.ts";
import type { Output } from "./run.ts";

const RUNS_MAX = 1_000_000;
const SEED_MAX = 4_294_967_295;

type Asked = {
  readonly plan: Plan;
  readonly truth: Truth;
  readonly runs: number;
  readonly seed: number;
  readonly isJson: boolean;
};

/** Runs `understudy simulate`; returns the exit code: 0 done, 1 the plan is not one, 2 wrong usage. */
export async function runSimulate(args: readonly string[], output: Output): Promise<number> {
  const parsed = parseFlags(args);
  if ("problems" in parsed) {
    output.err([...parsed.problems, simulateUsage()].join("\n"));
    return 2;
  }
  const plan = await readPlan(parsed.file);
  if (Array.isArray(plan)) {
    output.err(plan.join("\n"));
    return 1;
  }
  const asked: Asked = { ...parsed, plan };
  const simulation = simulate(asked.plan, asked.truth, asked);
  output.out(asked.isJson ? JSON.stringify(simulation) : printed(asked, simulation));
  return 0;
}

/** The lines about `simulate` in the usage. */
export function simulateUsage(): string {
  const keys = TRUTH_KEYS.map(({ key, preset, meaning }) =>
    `           ${key}`.padEnd(36).concat(`${meaning}; ${preset}`),
  );
  return [
    "       understudy simulate --plan FILE",
    "         --truth KEY=VALUE".padEnd(36).concat("what is true, as often as there are keys:"),
    ...keys,
    "         --runs N, --seed N"
      .padEnd(36)
      .concat("how many rollouts (1000), which randomness (1)"),
    "         --json".padEnd(36).concat("one line for programs"),
  ].join("\n");
}

type Flags = Omit<Asked, "plan"> & { readonly file: string };

function parseFlags(args: readonly string[]): Flags | { readonly problems: readonly string[] } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        plan: { type: "string" },
        truth: { type: "string", multiple: true, default: [] },
        runs: { type: "string", default: "1000" },
        seed: { type: "string", default: "1" },
        json: { type: "boolean", default: false },
      },
    });
    const parsed = parseTruth(values.truth);
    const problems = "problems" in parsed ? [...parsed.problems] : [];
    if (values.plan === undefined) {
      problems.push("--plan: nothing: the file of a plan");
    }
    const runs = whole(values.runs, { flag: "--runs", min: 1, max: RUNS_MAX }, problems);
    const seed = whole(values.seed, { flag: "--seed", min: 0, max: SEED_MAX }, problems);
    return "problems" in parsed || values.plan === undefined || problems.length > 0
      ? { problems }
      : { file: values.plan, truth: parsed.truth, runs, seed, isJson: values.json };
  } catch (error) {
    return { problems: [error instanceof Error ? error.message : String(error)] };
  }
}

function whole(
  text: string,
  { flag, min, max }: { readonly flag: string; readonly min: number; readonly max: number },
  problems: string[],
): number {
  const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) {
    problems.push(`${flag}: ${text}: a whole number from ${min} to ${max}`);
  }
  return value;
}

async function readPlan(file: string): Promise<Plan | string[]> {
  try {
    const parsed = parsePlan(await readPlanFile(file));
    return parsed.kind === "plan" ? parsed.plan : parsed.problems.map(formatProblem);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
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
