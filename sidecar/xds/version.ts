import { createHash } from "node:crypto";

const HASH_LENGTH = 16;
const ROLLOUTS_MAX = 64;
/** Greatest generation that an Envoy is believed, as a filter is. */
const GENERATION_MAX = 2 ** 48;

/** The version of a content with traffic of these generations: an Envoy that comes back says by it how new what it has is. */
export function versionOf(content: Uint8Array, generations: ReadonlyMap<string, number>): string {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, HASH_LENGTH);
  const known = [...generations].filter(([, generation]) => generation > 0);
  return [hash, ...known.map(([rollout, generation]) => `${rollout}@${generation}`)].join(";");
}

/** The generations in a version, by rollout; none in that of another server. */
export function generationsIn(version: string): ReadonlyMap<string, number> {
  const [, ...parts] = version.split(";", 1 + ROLLOUTS_MAX);
  const pairs = parts.flatMap((part): [string, number][] => {
    const [, rollout, digits] = /^([a-z0-9-]{1,63})@(\d{1,15})$/.exec(part) ?? [];
    const generation = Number(digits);
    return rollout !== undefined && generation <= GENERATION_MAX ? [[rollout, generation]] : [];
  });
  return new Map(pairs);
}
