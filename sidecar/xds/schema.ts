import { z } from "zod";
import { duration, NAME, section, word } from "../plan/fields.ts";
import { type Fitting, fit } from "../plan/misfit.ts";
import type { EnvoysDocument } from "./document.ts";
import { routeConfiguration } from "./routeSchema.ts";

const ROLLOUTS_MAX = 64;
const VERSIONS_MAX = 16;
const ROUTES_MAX = 16;
const LAYERS_MAX = 4;
const FILTERS_MAX = 16;

/** A list that may be left out. */
const list = <Item extends z.ZodType>(item: Item, of: string, max: number) => {
  const error = `a list of at most ${max} ${of}`;
  return z.array(item, { error }).max(max, { error }).default([]);
};

const name = () => word(/^\P{C}{1,256}$/u, "a name of 1 to 256 characters");
const rollout = () => word(NAME, "the name of a rollout, as metadata.name of its plan");
const version = () =>
  word(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/, "a version name, as in the plan");

const VERSIONS = `a list of 1 to ${VERSIONS_MAX} versions`;
const POLICIES = ["FAIL_RELOAD", "FAIL_OPEN", "FAIL_CLOSED"] as const;

const document: z.ZodType<EnvoysDocument> = section({
  apiVersion: z.literal("understudy.dev/v1alpha1", { error: "understudy.dev/v1alpha1" }),
  kind: z.literal("Envoys", { error: "Envoys" }),
  returnWithin: duration({ minMs: 100, maxMs: 600_000 })
    .prefault("31s")
    .describe("How long an Envoy may take to come back, as its retry_back_off says."),
  rollouts: list(
    section({
      name: rollout(),
      versions: z
        .array(section({ name: version(), cluster: name() }), { error: VERSIONS })
        .min(1, { error: VERSIONS })
        .max(VERSIONS_MAX, { error: VERSIONS })
        .describe("Where each version is; the newest first."),
      before: version().describe("The version that serves before there is a rollout."),
    }),
    "rollouts",
    ROLLOUTS_MAX,
  ),
  routes: list(routeConfiguration, "route configurations", ROUTES_MAX),
  runtime: list(
    section({ name: name(), rollouts: list(rollout(), "rollouts", ROLLOUTS_MAX) }),
    "layers",
    LAYERS_MAX,
  ),
  filters: list(
    section({
      name: name(),
      module: word(/^\P{C}{1,4096}$/u, "the module's path, as Envoy sees it"),
      failurePolicy: z
        .enum(POLICIES, { error: `one of ${POLICIES.join(", ")}` })
        .default("FAIL_RELOAD"),
      configuration: z.record(z.string(), z.unknown(), { error: "a mapping, as filter/README.md" }),
    }),
    "filters",
    FILTERS_MAX,
  ),
});

/** Fits a value into the schema of a file of Envoys. Rules between fields are not looked at. */
export function fitEnvoys(value: unknown): Fitting<EnvoysDocument> {
  return fit(document, value);
}
