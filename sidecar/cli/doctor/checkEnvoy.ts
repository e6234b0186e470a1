import type { EnvoyFacts } from "./envoyFacts.ts";
import { type Finding, fine, note, problem } from "./finding.ts";

const README = "filter/README.md";

/** Envoy itself, the filter's module in it, and whether its configuration is in force. */
export function checkEnvoy(envoy: EnvoyFacts): readonly Finding[] {
  return [checkServer(envoy), checkRuntime(envoy), ...checkModule(envoy), ...checkPolicy(envoy)];
}

function checkServer({ version, state, workers }: EnvoyFacts): Finding {
  const found = `version ${version}, ${state}, with ${workers} workers`;
  return state === "LIVE"
    ? fine("Envoy", found)
    : problem("Envoy", found, "wait until Envoy is LIVE: its log says what it waits for");
}

function checkRuntime({ hasV8 }: EnvoyFacts): Finding {
  return hasV8
    ? fine("wasm runtime", "V8 is built in")
    : problem(
        "wasm runtime",
        "this Envoy was built without V8",
        "run an official build of Envoy, 1.36 or later",
      );
}

function checkModule({ filters, stats }: EnvoyFacts): readonly Finding[] {
  const check = "filter";
  if (filters.length === 0) {
    return [
      problem(
        check,
        "no listener has a wasm filter with a configuration of Understudy's",
        "add the filter to http_filters before the router, as examples/envoy/envoy.yaml does; `understudy filter path` names its module",
      ),
      ...checkRefusals(stats),
    ];
  }
  const isLoaded = stats.has("wasmcustom.understudy.requests_primary");
  const names = filters.flatMap(({ configuration }) =>
    configuration.rollouts.map(({ name }) => name),
  );
  return [
    isLoaded
      ? fine(check, `loaded, with ${names.length} rollouts: ${names.join(", ")}`)
      : problem(
          check,
          "configured, but its module is not loaded",
          "Envoy's log says why: most often the file that `code` names is not there, or can't be read by Envoy",
        ),
    ...checkRefusals(stats),
    ...checkFaults(stats),
  ];
}

function checkRefusals(stats: EnvoyFacts["stats"]): readonly Finding[] {
  const refused = stats.get("wasmcustom.understudy.configurations_refused") ?? 0;
  const rejected = sumOf(stats, /^extension_config_discovery\.http_filter\..*\.update_rejected$/);
  return refused + rejected === 0
    ? []
    : [
        problem(
          "filter's configuration",
          `refused ${Math.max(refused, rejected)} times since Envoy started; what was in force before stays so`,
          `Envoy's log names every field that is wrong, and ${README} what is allowed. The count goes on until Envoy restarts, also when it was mended`,
        ),
      ];
}

function checkFaults(stats: EnvoyFacts["stats"]): readonly Finding[] {
  const reloads = sumOf(stats, /^wasm\..*\.vm_reload$/);
  return reloads === 0
    ? []
    : [
        problem(
          "filter's module",
          `ended by a fault ${reloads} times, and was loaded again`,
          "report what Envoy's log says about the wasm VM",
        ),
      ];
}

function checkPolicy({ filters }: EnvoyFacts): readonly Finding[] {
  const closed = filters.filter(
    ({ failurePolicy }) => !["FAIL_RELOAD", "FAIL_OPEN"].includes(failurePolicy),
  );
  return closed.length === 0
    ? []
    : [
        note(
          "filter's failure policy",
          `${closed[0]?.failurePolicy || "Envoy's default"}: a fault of the module would answer 503 for ever`,
          "set failure_policy: FAIL_RELOAD",
        ),
      ];
}

function sumOf(stats: EnvoyFacts["stats"], pattern: RegExp): number {
  return [...stats].reduce((sum, [name, value]) => sum + (pattern.test(name) ? value : 0), 0);
}
