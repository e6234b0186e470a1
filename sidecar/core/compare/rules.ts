import type { CompareRules } from "../plan/plan.ts";
import { type Automaton, buildAutomaton, type PathState, type Pattern } from "./automaton.ts";
import { JSON_LIMITS, type JsonLimits } from "./parseJson.ts";
import { isSingular, parsePath, type Segment } from "./path.ts";

/** Rules made ready: paths are parsed and joined into one automaton. Made once per rollout. */
export type CompiledRules = {
  readonly limits: JsonLimits;
  /** The rules for a whole document; undefined when there are none. */
  readonly document: PathState | undefined;
  readonly prediction:
    | { readonly label: readonly Segment[]; readonly score: readonly Segment[] | undefined }
    | undefined;
};

/** Compiles the rules of a parsed plan. Throws on rules that `parsePlan` refuses: that is a mistake of the program. */
export function compileRules(rules: CompareRules, limits: JsonLimits = JSON_LIMITS): CompiledRules {
  const automaton = automatonOf(rules);
  if (automaton.kind !== "automaton") {
    throw new Error("compare rules are too complex");
  }
  const { prediction } = rules;
  return {
    limits,
    document: automaton.first,
    prediction: prediction && {
      label: singular(prediction.label),
      score: prediction.score === undefined ? undefined : singular(prediction.score),
    },
  };
}

/** The automaton of the paths that are ignored, tolerant or unordered; each must be a valid path. */
export function automatonOf(rules: CompareRules): Automaton {
  const patterns: Pattern[] = [
    ...rules.ignore.map((path) => ({
      segments: segmentsOf(path),
      effect: { kind: "ignore" } as const,
    })),
    ...rules.unordered.map((path) => ({
      segments: segmentsOf(path),
      effect: { kind: "unordered" } as const,
    })),
    ...rules.tolerances.map(({ path, absolute, relative }) => ({
      segments: segmentsOf(path),
      effect: { kind: "tolerance", absolute, relative } as const,
    })),
  ];
  return buildAutomaton(patterns);
}

function segmentsOf(path: string): readonly Segment[] {
  const parsed = parsePath(path);
  if (parsed.kind === "problem") {
    throw new Error(`path ${path}: ${parsed.allowed}`);
  }
  return parsed.segments;
}

function singular(path: string): readonly Segment[] {
  const segments = segmentsOf(path);
  if (!isSingular(segments)) {
    throw new Error(`path ${path}: a path to one value`);
  }
  return segments;
}
