import { CHAMPION } from "../core/models/model.ts";
import type { Finding } from "../core/models/trials.ts";
import type { Registry } from "../ports/registry.ts";

/**
 * Says in the registry what a rollout came to; to say it again changes nothing. `isLast`: whether no later promotion of the model is known, which
 * would have the alias champion. Rejects only with RegistryError.
 */
export async function tell(
  registry: Registry,
  { finding, isLast }: { readonly finding: Finding; readonly isLast: boolean },
  signal: AbortSignal,
): Promise<void> {
  const { kind, model, version, against } = finding;
  switch (kind) {
    case "started":
      return await registry.mark({ model, version, stage: "trial" }, signal);
    case "rolled-back":
      return await registry.mark(
        { model, version, stage: "rejected", tags: tagsOf(finding) },
        signal,
      );
    case "promoted":
      await registry.mark({ model, version, stage: "serving", tags: tagsOf(finding) }, signal);
      if (isLast) {
        await registry.setAlias({ model, alias: CHAMPION, version }, signal);
      }
      if (against !== undefined) {
        await registry.mark({ model, version: against, stage: "retired" }, signal);
      }
      return;
    default:
      return kind satisfies never;
  }
}

function tagsOf({ kind, rollout, reason, atMs }: Finding): Readonly<Record<string, string>> {
  return {
    "understudy.outcome": kind,
    "understudy.reason": reason,
    "understudy.rollout": rollout,
    "understudy.decided_at": new Date(atMs).toISOString(),
  };
}
