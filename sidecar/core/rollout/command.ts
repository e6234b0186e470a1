import { isFinal, type RolloutState } from "./state.ts";

/** What a person or a pipeline asks of a rollout under way. */
export type Command = {
  readonly kind: "promote" | "rollback" | "pause" | "resume" | "approve" | "delete";
  /** Who asks. */
  readonly by: string;
  /** Why, in the asker's words; "" when nothing was said. */
  readonly reason: string;
  /** The caller's own name of the request, 1 to 64 visible ASCII characters; absent when none was given. */
  readonly key?: string;
};

/** Why the rollout can't take the command, or undefined when it can. An ended rollout takes none. */
export function refusal(state: RolloutState, command: Command): string | undefined {
  return isFinal(state)
    ? `cannot ${command.kind}: the rollout has ended (${state.phase}: ${state.reason})`
    : undefined;
}
