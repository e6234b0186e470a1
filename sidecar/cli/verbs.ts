import type { Entry } from "./verb.ts";

/** The table of verbs, in the order of the help. */
export const VERBS: readonly Entry[] = [
  {
    name: "serve",
    group: "Serving",
    summary: "serves filters, callers and probes, until SIGTERM",
    load: async () => (await import("./verbs/serve.ts")).serve,
  },
  {
    name: "apply",
    group: "Rollouts",
    summary: "starts the rollout of a plan; the same plan again changes nothing",
    load: async () => (await import("./verbs/apply.ts")).apply,
  },
  {
    name: "get",
    group: "Rollouts",
    summary: "shows where a rollout is, why, and what is known of it",
    load: async () => (await import("./verbs/get.ts")).get,
  },
  {
    name: "list",
    group: "Rollouts",
    summary: "shows every rollout in a line",
    load: async () => (await import("./verbs/list.ts")).list,
  },
  {
    name: "watch",
    group: "Rollouts",
    summary: "shows a rollout at every change, until it ends",
    load: async () => (await import("./verbs/watch.ts")).watch,
  },
  {
    name: "differences",
    group: "Rollouts",
    summary: "shows where answers differ, with some of the pairs that do",
    load: async () => (await import("./verbs/differences.ts")).differences,
  },
  {
    name: "promote",
    group: "Rollouts",
    summary: "gives all users to the candidate now, whatever the evidence says",
    load: async () => (await import("./verbs/change.ts")).promote,
  },
  {
    name: "rollback",
    group: "Rollouts",
    summary: "gives all users to the primary now",
    load: async () => (await import("./verbs/change.ts")).rollback,
  },
  {
    name: "pause",
    group: "Rollouts",
    summary: "keeps the weight where it is; guardrails still roll back",
    load: async () => (await import("./verbs/change.ts")).pause,
  },
  {
    name: "resume",
    group: "Rollouts",
    summary: "goes on after a pause",
    load: async () => (await import("./verbs/change.ts")).resume,
  },
  {
    name: "labels",
    group: "Rollouts",
    summary: "says what was true of requests, as it becomes known",
    load: async () => (await import("./verbs/labels.ts")).labels,
  },
  {
    name: "registry",
    group: "Plans and data",
    summary: "registers versions of models, and shows and names them",
    load: async () => (await import("./verbs/registry.ts")).registry,
  },
  {
    name: "simulate",
    group: "Plans and data",
    summary: "plays a plan many times against a stated truth, and says how often it would be wrong",
    load: async () => (await import("./verbs/simulate.ts")).simulatePlan,
  },
  {
    name: "profile",
    group: "Plans and data",
    summary: "counts what a model was trained on",
    load: async () => (await import("./verbs/profile.ts")).profile,
  },
  {
    name: "drift",
    group: "Plans and data",
    summary: "tells how far current data is from a reference",
    load: async () => (await import("./verbs/drift.ts")).drift,
  },
  {
    name: "token",
    group: "Setting up",
    summary: "makes a token for a caller, and prints it once",
    load: async () => (await import("./verbs/token.ts")).token,
  },
  {
    name: "filter",
    group: "Setting up",
    summary: "prints where the filter's module is",
    load: async () => (await import("./verbs/filter.ts")).filter,
  },
  {
    name: "completion",
    group: "Setting up",
    summary: "prints what completes this command line in a shell",
    load: async () => (await import("./verbs/completion.ts")).completion,
  },
  {
    name: "version",
    group: "Setting up",
    summary: "prints the versions of this program, of Node and of the filter's module",
    load: async () => (await import("./verbs/version.ts")).version,
  },
];
