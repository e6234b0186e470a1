import { parseDuration } from "../core/plan/duration.ts";
import type { Rollout, RolloutClient } from "./client.ts";
import { EXIT, type ExitCode } from "./exitCodes.ts";
import type { Preset, Switch, Values } from "./flags.ts";
import { follow } from "./follow.ts";
import type { Output } from "./output.ts";
import { plain } from "./plain.ts";
import { isEnded, isInForce, isPromoted } from "./print.ts";
import { changeTeller, tellRollout } from "./tellRollout.ts";

/** The flags of verbs that can wait for a rollout's end. */
export const WAIT_FLAGS: { readonly wait: Switch; readonly timeout: Preset } = {
  wait: { type: "boolean", meaning: "until it has ended, and what was decided is in force" },
  timeout: {
    type: "string",
    default: "30m",
    value: "DURATION",
    check: checkDuration,
    meaning: "how long at most, with --wait",
  },
};

/** Who asks, how it waits, and where the words go. */
export type Asking = {
  readonly client: RolloutClient;
  readonly flags: Values<typeof WAIT_FLAGS> & { readonly output: string };
  readonly output: Output;
};

/** Checks a flag that is a duration. */
export function checkDuration(text: string): string | undefined {
  return parseDuration(text) === undefined ? "a duration such as 30m or 1h30m" : undefined;
}

/** Says on the error output that the sidecar can't be asked for now. */
export function awayTeller({ err }: Output): (why: string) => void {
  return (why) => err(plain(`the sidecar is away, and asked again: ${why}`));
}

/** Asks for a change and tells what became of it; with `--wait` once the rollout has ended as it was wanted to (0), rolled back (3), or not in time (4). */
export async function tellOrWait(
  { client, flags, output }: Asking,
  change: () => Promise<Rollout>,
  wanted: "promoted" | "rolled back" = "promoted",
): Promise<ExitCode> {
  const timeoutMs = parseDuration(flags.timeout);
  const telling = { form: flags.output, output };
  const asked = await change();
  if (!flags.wait) {
    tellRollout(asked, telling);
    return EXIT.done;
  }
  const onChange = flags.output === "table" ? changeTeller(telling) : () => undefined;
  const following = { timeoutMs, wasHeard: true, onAway: awayTeller(output) };
  const isOver = (rollout: Rollout): boolean => {
    if (Number(rollout.startedUnixMs) !== Number(asked.startedUnixMs)) {
      throw new Error(`${asked.name}: another rollout of this name has begun meanwhile`);
    }
    onChange(rollout);
    return isEnded(rollout) && isInForce(rollout);
  };
  const last = (await lookUntil(follow(client, asked.name, following), isOver)) ?? asked;
  tellRollout(last, telling);
  return exitCodeOf(last, wanted);
}

/** Looks at one after the other until one is over; resolves to the last that was looked at, undefined where there was none. */
export async function lookUntil(
  rollouts: AsyncIterable<Rollout>,
  isOver: (rollout: Rollout) => boolean,
): Promise<Rollout | undefined> {
  let last: Rollout | undefined;
  for await (const rollout of rollouts) {
    last = rollout;
    if (isOver(rollout)) {
      break;
    }
  }
  return last;
}

/** How a rollout stands: not ended, or promoted and not in force, is undecided. One that was rolled back is so though not all filters have heard of it. */
export function exitCodeOf(rollout: Rollout, wanted: "promoted" | "rolled back"): ExitCode {
  if (!isEnded(rollout)) {
    return EXIT.undecided;
  }
  if (!isPromoted(rollout) && wanted === "promoted") {
    return EXIT.rolledBack;
  }
  return isInForce(rollout) ? EXIT.done : EXIT.undecided;
}
