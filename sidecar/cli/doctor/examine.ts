import { setTimeout as delay } from "node:timers/promises";
import type { Rollout } from "../client.ts";
import { errorText } from "../errorText.ts";
import { checkDrops } from "./checkDrops.ts";
import { checkEnvoy } from "./checkEnvoy.ts";
import { checkRollouts } from "./checkRollouts.ts";
import { checkRoutes } from "./checkRoutes.ts";
import { checkSidecarClusters } from "./checkSidecarCluster.ts";
import { askEnvoy, askStats } from "./envoyAdmin.ts";
import type { EnvoyFacts } from "./envoyFacts.ts";
import { type Finding, fine, problem } from "./finding.ts";

/** What is examined. */
export type Patient = {
  /** URL of Envoy's admin. */
  readonly admin: string;
  /** Where the sidecar is asked. */
  readonly server: string;
  readonly list: () => Promise<readonly Rollout[]>;
};

/** Counters are looked at twice, so far apart. */
const LOOK_MS = 1_000;

/** Examines the way from Envoy to the sidecar; never rejects, what can't be asked is a finding. */
export async function examine({ admin, server, list }: Patient): Promise<readonly Finding[]> {
  const [envoy, sidecar] = await Promise.all([
    tried(() => lookAtEnvoy(admin)),
    tried(async () => await list()),
  ]);
  return [
    ...("value" in envoy
      ? findingsOf(envoy.value, server)
      : [
          problem(
            "Envoy",
            `its admin at ${admin} can't be asked: ${envoy.why}`,
            "start Envoy, or say where its admin is by --envoy-admin; at a start that fails Envoy's log says why",
          ),
        ]),
    "value" in sidecar
      ? fine("sidecar", `answers at ${server}`)
      : problem(
          "sidecar",
          `it can't be asked at ${server}: ${sidecar.why}`,
          "start `understudy serve`, or say where it is by --server, and who asks by --token-file",
        ),
    ...("value" in envoy && "value" in sidecar
      ? checkRollouts(
          envoy.value.facts.filters.flatMap(({ configuration }) => configuration.rollouts),
          sidecar.value,
        )
      : []),
  ];
}

type Looked = { readonly facts: EnvoyFacts; readonly later: EnvoyFacts["stats"] };

async function lookAtEnvoy(admin: string): Promise<Looked> {
  const facts = await askEnvoy(admin);
  await delay(LOOK_MS);
  return { facts, later: await askStats(admin) };
}

function findingsOf({ facts, later }: Looked, server: string): readonly Finding[] {
  return [
    ...checkEnvoy(facts),
    ...checkSidecarClusters(facts, server),
    ...checkDrops(facts.stats, later),
    ...checkRoutes(facts),
  ];
}

type Tried<Value> = { readonly value: Value } | { readonly why: string };

async function tried<Value>(ask: () => Promise<Value>): Promise<Tried<Value>> {
  try {
    return { value: await ask() };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : undefined;
    return { why: [errorText(error), ...(cause ? [cause.message] : [])].join(": ") };
  }
}
