import type { Rollout } from "../client.ts";
import { isEnded, isInForce } from "../print.ts";
import type { RolloutEntry } from "./adminTypes.ts";
import { variantsOf } from "./checkRoutes.ts";
import { type Finding, fine, note, problem } from "./finding.ts";

/** Rollouts of the sidecar beside those in the filter's configuration. */
export function checkRollouts(
  entries: readonly RolloutEntry[],
  rollouts: readonly Rollout[],
): readonly Finding[] {
  const named = new Map(rollouts.map((rollout) => [rollout.name, rollout]));
  const unknown = rollouts.filter(
    (rollout) =>
      !isEnded(rollout) &&
      !isInForce(rollout) &&
      !entries.some(({ name }) => name === rollout.name),
  );
  return [
    ...entries.map((entry) => checkEntry(entry, named.get(entry.name))),
    ...unknown.map(({ name }) =>
      problem(
        `rollout ${name}`,
        "it is under way, and this Envoy's filter has no rollout of its name",
        "add it to rollouts in the filter's configuration; its name is the plan's metadata.name",
      ),
    ),
  ];
}

function checkEntry(entry: RolloutEntry, rollout: Rollout | undefined): Finding {
  const check = `rollout ${entry.name}`;
  const [primary, candidate] = variantsOf(entry);
  if (rollout === undefined) {
    return note(
      check,
      `no plan of this name is applied: all users go to ${primary.version}`,
      "understudy apply plan.yaml",
    );
  }
  if (rollout.primary !== primary.version || rollout.candidate !== candidate.version) {
    return problem(
      check,
      `the plan goes from ${rollout.primary} to ${rollout.candidate}, and the filter's configuration from ${primary.version} to ${candidate.version}`,
      "make the versions in both the same",
    );
  }
  return isInForce(rollout)
    ? fine(check, `generation ${rollout.traffic?.generation} is in force`)
    : problem(
        check,
        `generation ${rollout.traffic?.generation} is asked for, and not in force${rollout.problem === "" ? "" : `: ${rollout.problem}`}`,
        adviceFor(rollout.problem),
      );
}

/** What to do when traffic is not in force; an actuator's error begins with its code. */
function adviceFor(why: string): string {
  switch (why.split(":", 1)[0]) {
    case "denied":
      return "give the sidecar's account in the cluster the rights that deploy/example/access.yaml lists: get, list, watch and patch on the object";
    case "missing":
      return "make the object that the plan's actuator names, or mend its name there";
    case "unreachable":
      return "see whether what the plan's actuator writes to answers the sidecar";
    default:
      return "what the checks of streams say comes first; without them, see whether all Envoys have taken it";
  }
}
