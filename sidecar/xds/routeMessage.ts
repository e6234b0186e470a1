import { understudy } from "#proto";
import { ALL_BP, type BasisPoints } from "../core/traffic.ts";
import type {
  HeaderMatcherDocument,
  MatchDocument,
  RouteActionDocument,
  RouteConfigurationDocument,
  RouteDocument,
} from "./document.ts";
import type { Share, Split } from "./split.ts";

const wire = understudy.xds;
const { Denominator, AppendAction } = wire;

/** The header by which whoever answers, and logs, see the version that was chosen; the same as the filter's. */
const VARIANT_HEADER = "x-understudy-variant";

/** How the rollouts that a route configuration names are divided. */
export type SplitOf = (rollout: string) => Split;

/** Writes Envoy's RouteConfiguration: the document, with weights for its rollouts. */
export function encodeRoutes(document: RouteConfigurationDocument, splitOf: SplitOf): Uint8Array {
  const { name, ignore_port_in_host_matching: ignorePortInHostMatching } = document;
  return wire.RouteConfiguration.encode({
    name,
    ignorePortInHostMatching: ignorePortInHostMatching ?? false,
    virtualHosts: document.virtual_hosts.map((host) => ({
      name: host.name,
      domains: [...host.domains],
      routes: host.routes.map((route) => routeOf(route, splitOf)),
    })),
  }).finish();
}

function routeOf(document: RouteDocument, splitOf: SplitOf): understudy.xds.Route.$Properties {
  const {
    name,
    match,
    route,
    direct_response: direct,
    request_headers_to_remove: removed,
  } = document;
  const body = direct?.body?.inline_string;
  return {
    name: name ?? "",
    match: matchOf(match),
    requestHeadersToRemove: [...(removed ?? [])],
    ...(route && { route: actionOf(route, splitOf) }),
    ...(direct && {
      directResponse: {
        status: direct.status,
        ...(body !== undefined && { body: { inlineString: body } }),
      },
    }),
  };
}

function matchOf(document: MatchDocument): understudy.xds.RouteMatch.$Properties {
  const {
    prefix,
    path,
    path_separated_prefix: pathSeparatedPrefix,
    safe_regex: safeRegex,
  } = document;
  const { case_sensitive: caseSensitive, headers = [] } = document;
  return {
    prefix: prefix ?? null,
    path: path ?? null,
    pathSeparatedPrefix: pathSeparatedPrefix ?? null,
    safeRegex: safeRegex ?? null,
    caseSensitive: caseSensitive === undefined ? null : { value: caseSensitive },
    headers: headers.map(headerOf),
  };
}

function headerOf(document: HeaderMatcherDocument): understudy.xds.HeaderMatcher.$Properties {
  const { name, invert_match: invertMatch = false } = document;
  const { present_match: presentMatch, string_match: stringMatch } = document;
  if (stringMatch === undefined) {
    return { name, invertMatch, presentMatch: presentMatch ?? true };
  }
  const { exact, prefix, suffix, contains, safe_regex: safeRegex } = stringMatch;
  return {
    name,
    invertMatch,
    stringMatch: {
      exact: exact ?? null,
      prefix: prefix ?? null,
      suffix: suffix ?? null,
      contains: contains ?? null,
      safeRegex: safeRegex ?? null,
      ignoreCase: stringMatch.ignore_case ?? false,
    },
  };
}

function actionOf(
  document: RouteActionDocument,
  splitOf: SplitOf,
): understudy.xds.RouteAction.$Properties {
  const { cluster, rollout, timeout, idle_timeout: idleTimeout, retry_policy: retry } = document;
  const { num_retries: retries, per_try_timeout: perTry } = retry ?? {};
  return {
    ...(rollout === undefined ? { cluster: cluster ?? null } : dividedOf(splitOf(rollout))),
    prefixRewrite: document.prefix_rewrite ?? "",
    hostRewriteLiteral: document.host_rewrite_literal ?? "",
    ...(timeout !== undefined && { timeout: durationOf(timeout) }),
    ...(idleTimeout !== undefined && { idleTimeout: durationOf(idleTimeout) }),
    ...(retry && {
      retryPolicy: {
        retryOn: retry.retry_on,
        ...(retries !== undefined && { numRetries: { value: retries } }),
        ...(perTry !== undefined && { perTryTimeout: durationOf(perTry) }),
      },
    }),
  };
}

function dividedOf({ shares, copies }: Split): understudy.xds.RouteAction.$Properties {
  return {
    weightedClusters: { clusters: shares.filter(({ bp }) => bp > 0).map(weightOf) },
    ...(copies && {
      requestMirrorPolicies: [
        { cluster: copies.cluster, runtimeFraction: { defaultValue: fractionOf(copies.bp) } },
      ],
    }),
  };
}

function weightOf({ version, cluster, bp }: Share): understudy.xds.ClusterWeight.$Properties {
  return {
    name: cluster,
    weight: { value: bp },
    requestHeadersToAdd: [
      {
        header: { key: VARIANT_HEADER, value: version },
        appendAction: AppendAction.APPEND_ACTION_OVERWRITE_IF_EXISTS_OR_ADD,
      },
    ],
  };
}

function fractionOf(bp: BasisPoints): understudy.xds.FractionalPercent.$Properties {
  return { numerator: Math.min(bp, ALL_BP), denominator: Denominator.DENOMINATOR_TEN_THOUSAND };
}

function durationOf(milliseconds: number): { readonly seconds: number; readonly nanos: number } {
  return { seconds: Math.floor(milliseconds / 1_000), nanos: (milliseconds % 1_000) * 1_000_000 };
}
