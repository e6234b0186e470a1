/** The rollout that tests use unless they say otherwise. */
export const ROLLOUT = "risk";

/** Salt of that rollout, for those who compute buckets themselves. */
export const SALT = "salt of the tests";

/** Header with the sticky key of a user. */
export const USER_HEADER = "x-user";

type Json = { readonly [key: string]: unknown };

/** One rollout of a plugin configuration; the fields given replace those of a rollout from v1 to v2 which shadows one path. */
export function rolloutConfig(fields: Json = {}): Json {
  return {
    name: ROLLOUT,
    match: { path: { prefix: "/v2/models/" } },
    salt: SALT,
    primary: { cluster: "v1", version: "v1" },
    candidate: { cluster: "v2", version: "v2" },
    sticky: { header: USER_HEADER },
    requestTimeoutMs: 5000,
    shadow: shadowConfig(),
    ...fields,
  };
}

/** What a rollout shadows; the fields given replace the defaults. */
export function shadowConfig(fields: Json = {}): Json {
  return { paths: [{ template: "/v2/models/{model}/infer" }], timeoutMs: 1000, ...fields };
}

/** A plugin configuration of one rollout, or of those given. */
export function filterConfig(
  rollouts: readonly Json[] = [rolloutConfig()],
  fields: Json = {},
): Json {
  return { sidecar: { cluster: "understudy", authority: "understudy" }, rollouts, ...fields };
}
