import { NAME } from "../plan/fields.ts";
import { planJsonSchema } from "../plan/schema.ts";
import { type JsonSchema, structural } from "./structural.ts";

/** The group and version of Rollout objects. */
export const ROLLOUT_API = "understudy.dev/v1alpha1";

const KINDS_OF_STEPS = ["shadow", "canary", "preview", "switch", "pause"];

const text = (description: string): JsonSchema => ({ type: "string", description });
const whole = (description: string): JsonSchema => ({
  type: "integer",
  format: "int64",
  description,
});

const STATUS: JsonSchema = {
  type: "object",
  description: "What became of it; written by the sidecar.",
  properties: {
    observedGeneration: whole("The generation of the object that this is about."),
    phase: text("progressing, paused, rolling-back, promoted or rolled-back."),
    step: text("The step under way, among all."),
    weight: text("Share of users that the candidate answers, as it is asked for."),
    verdict: text("pass, fail or inconclusive."),
    reason: text("Why it is where it is."),
    revision: whole("Rises with every event."),
    conditions: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["type"],
      items: {
        type: "object",
        required: ["type", "status", "reason", "message", "lastTransitionTime"],
        properties: {
          type: text("Accepted: the plan is carried out. InForce: proxies serve what it asks for."),
          status: { type: "string", enum: ["True", "False", "Unknown"] },
          reason: text("One word."),
          message: text("One sentence."),
          observedGeneration: whole("The generation of the object that this is about."),
          lastTransitionTime: { type: "string", format: "date-time" },
        },
      },
    },
  },
};

/** The definition of Rollout objects, from the one schema of plans. */
export function rolloutDefinition(): JsonSchema {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "rollouts.understudy.dev" },
    spec: {
      group: "understudy.dev",
      scope: "Namespaced",
      names: {
        kind: "Rollout",
        listKind: "RolloutList",
        plural: "rollouts",
        singular: "rollout",
        categories: ["understudy"],
      },
      versions: [
        {
          name: "v1alpha1",
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [
            column("Phase", ".status.phase"),
            column("Step", ".status.step"),
            column("Weight", ".status.weight"),
            column("Verdict", ".status.verdict"),
            column("In force", '.status.conditions[?(@.type=="InForce")].status'),
            { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
            { ...column("Reason", ".status.reason"), priority: 1 },
          ],
          schema: { openAPIV3Schema: rolloutSchema() },
        },
      ],
    },
  };
}

function column(name: string, jsonPath: string): JsonSchema {
  return { name, type: "string", jsonPath };
}

function rolloutSchema(): JsonSchema {
  const { spec } = propertiesOf(structural({ ...planJsonSchema() }));
  return {
    type: "object",
    required: ["spec"],
    "x-kubernetes-validations": [
      {
        rule: `self.metadata.name.matches('${NAME.source}')`,
        message: "the name is 1 to 63 small letters, digits and -",
      },
    ],
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object" },
      spec: withRules(mapping(spec)),
      status: STATUS,
    },
  };
}

/** The rules between fields that can be said there, so that what breaks them is never kept. */
function withRules(spec: JsonSchema): JsonSchema {
  const properties = propertiesOf(spec);
  const steps = mapping(properties.steps);
  const oneKind = KINDS_OF_STEPS.map((kind) => `has(self.${kind})`).join(", ");
  return {
    ...spec,
    "x-kubernetes-validations": [
      {
        rule: "self.primary != self.candidate",
        message: "candidate: another version than the primary",
      },
    ],
    properties: {
      ...properties,
      steps: {
        ...steps,
        items: {
          ...mapping(steps.items),
          "x-kubernetes-validations": [
            {
              rule: `[${oneKind}].filter(given, given).size() == 1`,
              message: `one of ${KINDS_OF_STEPS.join(", ")}`,
            },
          ],
        },
      },
    },
  };
}

function propertiesOf(schema: JsonSchema): JsonSchema {
  return mapping(schema.properties);
}

function mapping(value: unknown): JsonSchema {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
