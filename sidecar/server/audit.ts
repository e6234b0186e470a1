import type { Log, RolloutView } from "../ports.ts";
import { codeOf, statusOf } from "./status.ts";

/** A change that somebody asks for. */
export type Asked = {
  readonly what: string;
  /** The rollout's name; "" where the request names none that can be read. */
  readonly rollout: string;
  readonly who: string;
  /** By which port. */
  readonly via: "grpc" | "http";
  /** The caller's reason. */
  readonly why: string;
  /** The caller's own name of the request. */
  readonly key: string | undefined;
};

/** Longest piece of a caller's text, or of an answer to it, in one line of the log. */
const TEXT_LENGTH_MAX = 1_000;

/** Does what is asked for, and writes one line about it, whether it was done or refused. */
export async function audited(
  log: Log,
  asked: Asked,
  work: () => Promise<RolloutView>,
): Promise<RolloutView> {
  const { why, ...others } = asked;
  const fields = { ...others, why: why.slice(0, TEXT_LENGTH_MAX) };
  try {
    const view = await work();
    const { revision } = view.state;
    log.info({ ...fields, rollout: view.plan.name, outcome: "done", revision }, "asked for");
    return view;
  } catch (error) {
    const answer = statusOf(error).details.slice(0, TEXT_LENGTH_MAX);
    log.warn({ ...fields, outcome: codeOf(error), answer }, "asked for");
    throw error;
  }
}
