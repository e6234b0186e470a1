import { nameOfVersion } from "../core/models/model.ts";
import { NO_VERSION } from "../core/models/nextTrial.ts";
import type { Plan } from "../core/plan/plan.ts";
import { parsePlan } from "../plan/parsePlan.ts";
import { readPlanFile } from "../plan/planFile.ts";
import { formatProblem } from "../plan/problem.ts";

/**
 * The plan that a template is for a version, which is tried against the champion unless the template names a primary. Or everything that is
 * wrong with the file, a line each. Never rejects.
 */
export async function planOf(
  { name, planPath }: { readonly name: string; readonly planPath: string },
  { champion, version }: { readonly champion: number | undefined; readonly version: number },
): Promise<{ readonly plan: Plan } | { readonly problems: readonly string[] }> {
  const text = await readPlanFile(planPath).catch((error: unknown) =>
    error instanceof Error ? error : new Error(String(error)),
  );
  if (typeof text !== "string") {
    return { problems: [`${planPath}: ${text.message}`] };
  }
  const parsed = parsePlan(text, {
    primary: champion === undefined ? NO_VERSION : nameOfVersion(champion),
    candidate: nameOfVersion(version),
  });
  if (parsed.kind === "problems") {
    return { problems: parsed.problems.map((one) => `${planPath}: ${formatProblem(one)}`) };
  }
  const { plan } = parsed;
  if (plan.model !== name) {
    const given = plan.model ?? "nothing";
    return { problems: [`${planPath}: spec.model: ${given}: ${name}, as the file of models says`] };
  }
  return plan.candidate === nameOfVersion(version)
    ? parsed
    : { problems: [`${planPath}: spec.candidate: ${plan.candidate}: nothing: it is the version`] };
}
