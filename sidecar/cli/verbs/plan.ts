import { explainPlan, planText } from "../../core/explain/explainPlan.ts";
import { stepText } from "../../core/plan/stepText.ts";
import { EXAMPLE_VERSIONS, parsePlan } from "../../plan/parsePlan.ts";
import { readPlanFile } from "../../plan/planFile.ts";
import { formatProblem, type Problem } from "../../plan/problem.ts";
import { EXIT, type ExitCode } from "../exitCodes.ts";
import { inForm, OUTPUT_FLAGS, type Output } from "../output.ts";
import { plain } from "../plain.ts";
import { defineVerb, type Verb } from "../verb.ts";

const RATE_MAX = 1_000_000;

/** `understudy plan`: says what is wrong with a plan, or what it means, without a sidecar. */
export const plan: Verb = defineVerb({
  operands: "check|explain FILE",
  flags: {
    "requests-per-second": {
      type: "string",
      default: "50",
      value: "N",
      check: (text) =>
        Number(text) > 0 && Number(text) <= RATE_MAX
          ? undefined
          : `a number above 0, at most ${RATE_MAX}`,
      meaning: "user requests of both versions, for how long it takes",
    },
    ...OUTPUT_FLAGS,
  },
  about: [
    "check names everything that is wrong, with field, line and column; explain tells the steps that a strategy stands for, what",
    "each must see, how alpha is split, and about how long it takes.",
  ],
  examples: ["plan check plan.yaml", "plan explain plan.yaml --requests-per-second 200"],
  run: async ({ flags, operands, output }) => {
    const [way, file = ""] = operands;
    const parsed = parsePlan(await readPlanFile(file), EXAMPLE_VERSIONS);
    if (parsed.kind === "problems") {
      return refused(parsed.problems, flags.output, output);
    }
    const rate = Number(flags["requests-per-second"]);
    const steps = parsed.plan.steps.map(stepText);
    const explained = explainPlan(parsed.plan, rate);
    const form =
      way === "check"
        ? {
            json: () => ({ rollout: parsed.plan.name, steps, problems: [] }),
            text: () => plain(`${file}: a plan of ${steps.join(", ")}`),
          }
        : { json: () => explained, text: () => plain(planText(explained, rate)) };
    output.out(inForm(flags.output, form));
    return EXIT.done;
  },
});

/** People read problems where errors are; programs where they look for the answer. */
function refused(problems: readonly Problem[], form: string, output: Output): ExitCode {
  if (form === "table") {
    output.err(plain(problems.map(formatProblem).join("\n")));
  } else {
    output.out(inForm(form, { json: () => ({ problems }), text: () => "" }));
  }
  return EXIT.failed;
}
