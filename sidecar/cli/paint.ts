import type { Rollout } from "./client.ts";
import { type Colour, painted } from "./colour.ts";
import { plain } from "./plain.ts";
import { phaseText } from "./print.ts";

const OF_PHASES: Readonly<Record<string, Colour>> = {
  promoted: "green",
  "rolled back": "red",
  paused: "yellow",
  "rolling back": "yellow",
};

/** What is said of a rollout, fit for a terminal: without control characters, and with its phase in a colour where there are colours. */
export function shown(text: string, rollout: Rollout, hasColours = false): string {
  const safe = plain(text);
  const [phase, before] = [phaseText(rollout), `${plain(rollout.name)}: `];
  const colour = OF_PHASES[phase];
  if (!hasColours || colour === undefined || !safe.startsWith(before + phase)) {
    return safe;
  }
  return before + painted(phase, colour) + safe.slice(before.length + phase.length);
}
