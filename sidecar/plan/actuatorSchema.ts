import { z } from "zod";
import type { ActuatorChoice, ObjectName, Split } from "../core/plan/actuatorChoice.ts";
import { count, section, word } from "./fields.ts";

const WORDS = ["filters", "xds"] as const;
const allowed = `one of ${WORDS.join(", ")}, or a mapping of istio or gatewayApi`;

const objectName = () =>
  word(
    /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\/)?[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/,
    "the name of an object, or namespace/name",
  );

const perVersion = (preset: string) =>
  word(/^[a-z0-9A-Z._-]*\{version\}[a-z0-9A-Z._-]*$/, "a name with {version} in it").default(
    preset,
  );

const split = () =>
  z
    .enum(["filter", "weights"], { error: "one of filter, weights" })
    .default("filter")
    .describe("Who picks the variant: the filter, or weights of one route of the object.");

const route = () =>
  z
    .union([word(/^.{1,253}$/, ""), count()], { error: "a route's name, or its place from 0" })
    .default(0)
    .describe("Which route has the weights: its name, or its place from 0.");

const istio = section({
  virtualService: objectName().describe("The VirtualService: its name, or namespace/name."),
  split: split(),
  route: route(),
  subset: perVersion("{version}").describe("The subset of each variant."),
}).transform(
  ({ virtualService, subset, ...rest }): ActuatorChoice => ({
    kind: "istio",
    virtualService: nameOf(virtualService),
    subset,
    ...splitOf(rest),
  }),
);

const gatewayApi = section({
  httpRoute: objectName().describe("The HTTPRoute: its name, or namespace/name."),
  split: split(),
  route: route(),
  backend: perVersion("{version}").describe("The Service of each variant."),
}).transform(
  ({ httpRoute, backend, ...rest }): ActuatorChoice => ({
    kind: "gatewayApi",
    httpRoute: nameOf(httpRoute),
    backend,
    ...splitOf(rest),
  }),
);

const controlPlane = section({
  istio: istio.optional(),
  gatewayApi: gatewayApi.optional(),
}).transform((given, context): ActuatorChoice => {
  const [chosen, ...more] = [given.istio, given.gatewayApi].filter((each) => each !== undefined);
  if (chosen === undefined || more.length > 0) {
    context.issues.push({ code: "custom", message: allowed, input: given });
    return z.NEVER;
  }
  return chosen;
});

/** What writes the traffic: a word, or a control plane and where. */
export const actuator: z.ZodType<ActuatorChoice> = z
  .union([z.enum(WORDS).transform((kind): ActuatorChoice => ({ kind })), controlPlane], {
    error: allowed,
  })
  .prefault("filters")
  .describe("What writes the traffic: the filters, Envoys that discover it, or a control plane.");

function nameOf(text: string): ObjectName {
  const [first = "", second] = text.split("/");
  return second === undefined
    ? { namespace: undefined, name: first }
    : { namespace: first, name: second };
}

/** Where the filter splits no route is meant. */
function splitOf(given: {
  readonly split: "filter" | "weights";
  readonly route: string | number;
}): Split {
  return given.split === "filter" ? { split: "filter" } : { split: "weights", route: given.route };
}
