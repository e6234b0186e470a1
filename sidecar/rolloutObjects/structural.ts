/** A schema, as JSON. */
export type JsonSchema = { readonly [key: string]: unknown };

/** What says nothing about the shape, or what the API server has no word for: defaults are the sidecar's own, and unknown keys it refuses anyway. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  "$schema",
  "default",
  "propertyNames",
  "additionalProperties",
  "anyOf",
  "const",
  "exclusiveMinimum",
  "pattern",
]);

/**
 * The schema as Kubernetes takes it in a CustomResourceDefinition: structural, with patterns of RE2. What may be of several types there is left to the sidecar,
 * which checks everything again.
 */
export function structural(schema: JsonSchema): JsonSchema {
  const kept = Object.entries(schema).filter(([key]) => !LEFT_OUT.has(key));
  const converted = Object.fromEntries(kept.map(([key, value]) => [key, convert(key, value)]));
  return schema.anyOf === undefined
    ? { ...converted, ...spelledOtherwise(schema) }
    : { ...converted, "x-kubernetes-preserve-unknown-fields": true };
}

function convert(key: string, value: unknown): unknown {
  if (key === "properties" && isMapping(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name, isMapping(each) ? structural(each) : {}]),
    );
  }
  return key === "items" && isMapping(value) ? structural(value) : value;
}

function spelledOtherwise(schema: JsonSchema): JsonSchema {
  const { const: only, exclusiveMinimum, additionalProperties, pattern } = schema;
  return {
    ...(only === undefined ? {} : { enum: [only] }),
    ...(exclusiveMinimum === undefined
      ? {}
      : { minimum: exclusiveMinimum, exclusiveMinimum: true }),
    ...(isMapping(additionalProperties)
      ? { additionalProperties: structural(additionalProperties) }
      : {}),
    // RE2 looks neither ahead nor behind.
    ...(typeof pattern === "string" && !/\(\?[=!<]/.test(pattern) ? { pattern } : {}),
  };
}

function isMapping(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
