import type { EnvoyFacts } from "./envoyFacts.ts";
import { type Finding, fine, note, problem } from "./finding.ts";

const PREFIX = "wasmcustom.understudy.drops_";

/** What each of these counters means, where it rises while it is looked at. */
const MEANINGS: Readonly<Record<string, string>> = {
  no_credit: "the sidecar is behind: give it a core of its own, or copy fewer requests",
  no_sidecar: "no stream is open: what the checks of the cluster say comes first",
  queue_full: "more comes than is sent: copy fewer requests",
  shadow_in_flight: "copies wait too long: raise shadow.inFlightMax, or look at the copied variant",
  shadow_rate: "more requests than shadow.perSecondMax",
  shadow_refused:
    "Envoy refused copies: the other variant's cluster has no host, or is over a limit",
  captured_bytes: "more answers than shadow.capturedBytesMax holds",
};

/** Evidence that went lost: what rises between two looks is wrong, what was lost before is told. */
export function checkDrops(
  before: EnvoyFacts["stats"],
  after: EnvoyFacts["stats"],
): readonly Finding[] {
  const check = "evidence";
  if (!after.has(`${PREFIX}no_credit`)) {
    return [];
  }
  const rising = Object.entries(MEANINGS).flatMap(([name, advice]) => {
    const more = countOf(after, name) - countOf(before, name);
    return more > 0
      ? [problem(check, `drops_${name} rises, by ${more} in the last second`, advice)]
      : [];
  });
  const lost = Object.keys(MEANINGS).filter((name) => countOf(after, name) > 0);
  if (rising.length > 0) {
    return rising;
  }
  const counts = lost.map((name) => `${name} ${countOf(after, name)}`).join(", ");
  return [
    lost.length === 0
      ? fine(check, "nothing was dropped")
      : note(check, `was dropped earlier, and is not now: ${counts}`, ""),
  ];
}

function countOf(stats: EnvoyFacts["stats"], name: string): number {
  return stats.get(PREFIX + name) ?? 0;
}
