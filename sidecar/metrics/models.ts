import { Counter, Gauge, type Registry } from "prom-client";

/** How models of the registry are tried. `model` is a name from the file of models, at most 50; `code` and `kind` are of closed sets. */
export type ModelMetrics = {
  readonly modelTrials: Counter<"model">;
  readonly modelHeld: Gauge<"model">;
  readonly registryFailures: Counter<"code">;
  readonly registryTold: Counter<"kind">;
  readonly registryGivenUp: Counter<"kind">;
};

/** Makes them. */
export function modelMetrics(registry: Registry): ModelMetrics {
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name: `understudy_${name}_total`, help, labelNames, registers: [registry] });
  return {
    modelTrials: counter("model_trials", "Rollouts started for versions of a model.", "model"),
    modelHeld: new Gauge({
      name: "understudy_model_held",
      help: "1 while a version of the model is to be tried and can't be.",
      labelNames: ["model"],
      registers: [registry],
    }),
    registryFailures: counter(
      "registry_failures",
      "What the registry of models could not do, by code.",
      "code",
    ),
    registryTold: counter("registry_told", "Events of rollouts told to the registry.", "kind"),
    registryGivenUp: counter(
      "registry_given_up",
      "Events of rollouts that the registry will not be told; each is in the log.",
      "kind",
    ),
  };
}
