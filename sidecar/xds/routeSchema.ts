import { z } from "zod";
import { count, duration, section, word } from "../plan/fields.ts";
import type { RouteConfigurationDocument } from "./document.ts";

const HOSTS_MAX = 64;
const ROUTES_MAX = 128;
const HEADERS_MAX = 16;
const TIMEOUT_MS_MAX = 3_600_000;

const list = <Item extends z.ZodType>(item: Item, of: string, max: number) => {
  const error = `a list of 1 to ${max} ${of}`;
  return z.array(item, { error }).min(1, { error }).max(max, { error });
};

const text = (allowed: string) => word(/^\P{C}{1,1024}$/u, allowed);
const flag = () => z.boolean({ error: "true or false" });
const time = () => duration({ minMs: 0, maxMs: TIMEOUT_MS_MAX });
const regex = () => section({ regex: text("a regular expression of RE2") });

/** Exactly one of the keys is there. */
const oneOf =
  (...keys: readonly string[]) =>
  (value: object): boolean =>
    keys.filter((key) => Object.hasOwn(value, key)).length === 1;

const PATHS = ["prefix", "path", "path_separated_prefix", "safe_regex"] as const;
const MATCHERS = ["exact", "prefix", "suffix", "contains", "safe_regex"] as const;

const stringMatch = section({
  exact: z.string({ error: "a text" }).optional(),
  prefix: text("a text").optional(),
  suffix: text("a text").optional(),
  contains: text("a text").optional(),
  safe_regex: regex().optional(),
  ignore_case: flag().optional(),
}).refine(oneOf(...MATCHERS), { error: `one of ${MATCHERS.join(", ")}` });

const header = section({
  name: text("the name of a header"),
  present_match: flag().optional(),
  string_match: stringMatch.optional(),
  invert_match: flag().optional(),
}).refine(oneOf("present_match", "string_match"), {
  error: "one of present_match, string_match",
});

const match = section({
  prefix: text("the beginning of a path").optional(),
  path: text("a path").optional(),
  path_separated_prefix: text("a path").optional(),
  safe_regex: regex().optional(),
  case_sensitive: flag().optional(),
  headers: list(header, "headers", HEADERS_MAX).optional(),
}).refine(oneOf(...PATHS), { error: `one of ${PATHS.join(", ")}` });

const action = section({
  cluster: text("the name of a cluster").optional(),
  rollout: text("the name of a rollout of this file").optional(),
  timeout: time().optional(),
  idle_timeout: time().optional(),
  prefix_rewrite: text("the beginning of a path").optional(),
  host_rewrite_literal: text("a host").optional(),
  retry_policy: section({
    retry_on: text("conditions, as 5xx,reset"),
    num_retries: count().max(10, { error: "a whole number from 0 to 10" }).optional(),
    per_try_timeout: time().optional(),
  }).optional(),
}).refine(oneOf("cluster", "rollout"), { error: "one of cluster, rollout" });

const status = "a whole number from 200 to 599";

const route = section({
  name: text("a name").optional(),
  match,
  route: action.optional(),
  direct_response: section({
    status: z.int({ error: status }).min(200, { error: status }).max(599, { error: status }),
    body: section({ inline_string: z.string({ error: "a text" }) }).optional(),
  }).optional(),
  request_headers_to_remove: list(text("the name of a header"), "headers", HEADERS_MAX).optional(),
}).refine(oneOf("route", "direct_response"), { error: "one of route, direct_response" });

/** A route configuration. */
export const routeConfiguration: z.ZodType<RouteConfigurationDocument> = section({
  name: text("the name by which Envoys ask for it (route_config_name)"),
  ignore_port_in_host_matching: flag().optional(),
  virtual_hosts: list(
    section({
      name: text("a name"),
      domains: list(text("a host, or a pattern of hosts"), "domains", HOSTS_MAX),
      routes: list(route, "routes", ROUTES_MAX),
    }),
    "virtual hosts",
    HOSTS_MAX,
  ),
});
