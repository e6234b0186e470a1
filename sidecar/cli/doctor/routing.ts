import type { HeaderMatch, RolloutEntry, RouteMatch, VirtualHost } from "./adminTypes.ts";

/** The header by which routes tell the variants. */
export const VARIANT_HEADER = "x-understudy-variant";

/** A plain request that a rollout matches, to a version: no other headers, no query. */
export type Probe = { readonly path: string; readonly version: string };

/** A path that the rollout's match fits. */
export function samplePath({ match }: RolloutEntry): string {
  const { prefix, exact, template } = match?.path ?? {};
  return exact ?? template?.replace(/\{[^}]*\}/g, "any") ?? prefix ?? "/";
}

/** The virtual hosts that requests of a rollout come to. */
export function hostsOf(
  virtualHosts: readonly VirtualHost[],
  { match }: RolloutEntry,
): readonly VirtualHost[] {
  const host = match?.host;
  return host === undefined
    ? virtualHosts
    : virtualHosts.filter(({ domains = [] }) => domains.some((domain) => overlap(domain, host)));
}

/** The cluster that a virtual host's routes lead to: null where no route fits, "" where one does that names no single cluster. */
export function clusterFor({ routes = [] }: VirtualHost, probe: Probe): string | null {
  const found = routes.find(({ match }) => match !== undefined && fits(match, probe));
  return found === undefined ? null : (found.route?.cluster ?? "");
}

function fits(match: RouteMatch, { path, version }: Probe): boolean {
  return (
    fitsPath(match, path) &&
    (match.query_parameters ?? []).length === 0 &&
    (match.headers ?? []).every((header) => fitsHeader(header, version))
  );
}

function fitsPath(match: RouteMatch, path: string): boolean {
  const { prefix, path: exact, path_separated_prefix: separated, safe_regex: regex } = match;
  if (exact !== undefined) {
    return path === exact;
  }
  if (separated !== undefined) {
    return path === separated || path.startsWith(`${separated}/`);
  }
  if (regex !== undefined) {
    return isMatched(regex.regex, path);
  }
  return prefix === undefined || path.startsWith(prefix);
}

/** What a plain request has of headers is the variant's; what routes ask of Envoy's own, as :method, is taken to be so. */
function fitsHeader(match: HeaderMatch, version: string): boolean {
  if (match.name.startsWith(":")) {
    return true;
  }
  const value = match.name.toLowerCase() === VARIANT_HEADER ? version : undefined;
  return fitsValue(match, value) !== (match.invert_match === true);
}

function fitsValue(match: HeaderMatch, value: string | undefined): boolean {
  if (value === undefined) {
    return match.present_match === false;
  }
  const { exact, prefix, suffix, contains, safe_regex: regex } = match.string_match ?? {};
  const tests: readonly [string | undefined, (text: string) => boolean][] = [
    [exact ?? match.exact_match, (text) => value === text],
    [prefix ?? match.prefix_match, (text) => value.startsWith(text)],
    [suffix, (text) => value.endsWith(text)],
    [contains, (text) => value.includes(text)],
    [regex?.regex ?? match.safe_regex_match?.regex, (text) => isMatched(text, value)],
  ];
  const asked = tests.filter(([text]) => text !== undefined);
  return asked.every(([text = "", test]) => test(text)) && match.present_match !== false;
}

/** Envoy's patterns (RE2) match the whole text; one that JavaScript does not know matches nothing. */
function isMatched(pattern: string, text: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`).test(text);
  } catch {
    return false;
  }
}

/** Whether a virtual host's domain and a rollout's host have hosts in common. */
function overlap(domain: string, host: string): boolean {
  const [name, wanted] = [domain.replace(/:\d+$/, ""), host.toLowerCase()];
  if (name === "*" || name === wanted) {
    return true;
  }
  const [a, b] = [name.replace(/^\*/, ""), wanted.replace(/^\*/, "")];
  return (name.startsWith("*") && b.endsWith(a)) || (wanted.startsWith("*") && a.endsWith(b));
}
