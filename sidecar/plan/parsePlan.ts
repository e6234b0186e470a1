import { areTooComplex } from "../core/compare/rules.ts";
import type { Plan } from "../core/plan/plan.ts";
import { DESCRIPTORS_BYTES_MAX } from "./descriptors.ts";
import { problemOf } from "./misfit.ts";
import { formatField, type Problem } from "./problem.ts";
import { isMapping } from "./rawValue.ts";
import { REFERENCE_TEXT_MAX } from "./reference.ts";
import { findBreaches } from "./rules.ts";
import { fitDocument } from "./schema.ts";
import { toPlan } from "./toPlan.ts";
import { readYaml, type YamlText } from "./yamlText.ts";

/** A plan, or everything that is wrong with its text, in the order of the text. */
export type ParsedPlan =
  | { readonly kind: "plan"; readonly plan: Plan }
  | { readonly kind: "problems"; readonly problems: readonly Problem[] };

/** Longest text of a plan, in bytes of UTF-8, without the files that may be in it. */
export const PLAN_BYTES_MAX = 65_536;
/** Longest text of a set of descriptors. */
export const DESCRIPTORS_TEXT_MAX: number = Math.ceil(DESCRIPTORS_BYTES_MAX / 3) * 4;
/** Most problems that are named. */
export const PROBLEMS_MAX = 100;

/** Names of the versions that a plan of a model may leave out. */
export type Versions = { readonly primary: string; readonly candidate: string };

/** Versions by which a template can be looked at before there are any. */
export const EXAMPLE_VERSIONS: Versions = { primary: "v1", candidate: "v2" };

/**
 * Parses a plan from YAML or JSON, text or bytes of UTF-8; one that names its model is one of the given versions where it leaves those out. Never
 * throws.
 */
export function parsePlan(text: string | Uint8Array, leftOut?: Versions): ParsedPlan {
  const bytes = Buffer.byteLength(text);
  if (bytes > PLAN_BYTES_MAX + DESCRIPTORS_TEXT_MAX + REFERENCE_TEXT_MAX) {
    return tooLong(bytes);
  }
  const decoded = typeof text === "string" ? text : decodeUtf8(text);
  if (decoded === undefined) {
    return whole("other bytes", "a text in UTF-8");
  }
  const others = filesLength(decoded);
  if (bytes > PLAN_BYTES_MAX + others) {
    return tooLong(bytes - others);
  }
  const yaml = readYaml(decoded);
  return yaml.kind === "unreadable" ? refused(yaml.problems) : parseValue(filled(yaml, leftOut));
}

type Read = Extract<YamlText, { kind: "read" }>;

/** The text as if it named the versions that it leaves out. */
function filled(yaml: Read, leftOut: Versions | undefined): Read {
  const { value } = yaml;
  return leftOut !== undefined &&
    isMapping(value) &&
    isMapping(value.spec) &&
    value.spec.model !== undefined
    ? { ...yaml, value: { ...value, spec: { ...leftOut, ...value.spec } } }
    : yaml;
}

function tooLong(bytes: number): ParsedPlan {
  return whole(`${bytes} bytes`, `a plan of at most ${PLAN_BYTES_MAX} bytes`);
}

/** Length of the files in a plan, each where it is written on the line of its key. */
function filesLength(text: string): number {
  return (
    lengthAfter(text, /\bdescriptorSet["']?\s*:\s*["']?([A-Za-z0-9+/=]+)/, DESCRIPTORS_TEXT_MAX) +
    lengthAfter(text, /\breference["']?\s*:\s*["']?([A-Za-z0-9+/=]+)/, REFERENCE_TEXT_MAX)
  );
}

function lengthAfter(text: string, key: RegExp, max: number): number {
  return Math.min(key.exec(text)?.[1]?.length ?? 0, max);
}

function parseValue(yaml: Read): ParsedPlan {
  const fitting = fitDocument(yaml.value);
  const misfits = fitting.kind === "misfits" ? fitting.misfits : [];
  const located = misfits.slice(0, PROBLEMS_MAX);
  const problems = [
    ...yaml.problems,
    ...located.map((misfit) => problemOf(misfit, yaml)),
    ...findBreaches(yaml.value).map(({ path, allowed }) => ({
      field: formatField(path),
      ...yaml.locate(path),
      allowed,
    })),
  ];
  if (fitting.kind === "misfits" || problems.length > 0) {
    return refused(problems, misfits.length - located.length);
  }
  const plan = toPlan(fitting.document);
  return areTooComplex(plan.compare)
    ? refused([
        {
          field: "spec.compare",
          ...yaml.locate(["spec", "compare"]),
          allowed: "fewer or simpler paths: together these with .. and * are too many cases",
        },
      ])
    : { kind: "plan", plan };
}

/** The first problems of the text, and how many more there are. */
function refused(problems: readonly Problem[], unlocated = 0): ParsedPlan {
  const sorted = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  const named = sorted.slice(0, PROBLEMS_MAX);
  const rest = sorted.length - named.length + unlocated;
  const last = named.at(-1);
  return {
    kind: "problems",
    problems:
      rest === 0 || last === undefined
        ? named
        : [...named, { ...last, field: "", given: `${rest} more problems`, allowed: "none" }],
  };
}

function whole(given: string, allowed: string): ParsedPlan {
  return { kind: "problems", problems: [{ field: "", given, allowed, line: 1, column: 1 }] };
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
