import type { CompareRules, Format } from "../plan/plan.ts";
import { type Automaton, buildAutomaton, type PathState, type Pattern } from "./automaton.ts";
import { MADE_PATHS } from "./chat.ts";
import type { DocumentKind } from "./comparison.ts";
import { JSON_LIMITS, type JsonLimits } from "./parseJson.ts";
import { isSingular, parsePath, type Segment } from "./path.ts";
import { type CompiledSchema, compileSchema } from "./protobufSchema.ts";

/** Rules made ready: paths are parsed and joined into one automaton. Made once per rollout. */
export type CompiledRules = {
  readonly limits: JsonLimits;
  readonly format: Format;
  /** The rules for a whole document, by what it was read as; undefined when there are none. */
  readonly documents: Readonly<Record<DocumentKind, PathState | undefined>>;
  readonly prediction: CompiledPrediction | undefined;
  /** What calls in gRPC are answered; undefined when nobody said. */
  readonly grpc: CompiledSchema | undefined;
};

/** Where the prediction is, and how it is looked at: its value, or the place of its largest number. */
export type CompiledPrediction = {
  readonly path: readonly Segment[];
  readonly by: "label" | "top1";
  readonly score: readonly Segment[] | undefined;
  /** Whether what both answers predict is told, for labels that come later. */
  readonly isKept: boolean;
};

/** Compiles the rules of a parsed plan. Throws on rules that `parsePlan` refuses: that is a mistake of the program. */
export function compileRules(
  rules: CompareRules,
  limits: JsonLimits = JSON_LIMITS,
  { keepsPredictions }: { readonly keepsPredictions: boolean } = { keepsPredictions: false },
): CompiledRules {
  const document = stateOf(rules, "json");
  return {
    limits,
    format: rules.format,
    documents: {
      json: document,
      text: document,
      protobuf: document,
      tensors: stateOf(rules, "tensors"),
      chat: stateOf(rules, "chat"),
    },
    prediction: compilePrediction(rules, keepsPredictions),
    grpc: rules.grpc && compileSchema(rules.grpc),
  };
}

/** Whether the rules' paths combine to more cases than are taken, for whatever kind of document. */
export function areTooComplex(rules: CompareRules): boolean {
  return KINDS.some((kind) => automatonOf(rules, kind).kind === "tooComplex");
}

const KINDS: readonly DocumentKind[] = ["json", "tensors", "chat"];

function stateOf(rules: CompareRules, kind: DocumentKind): PathState | undefined {
  const automaton = automatonOf(rules, kind);
  if (automaton.kind !== "automaton") {
    throw new Error("compare rules are too complex");
  }
  return automaton.first;
}

function compilePrediction(
  { prediction }: CompareRules,
  isKept: boolean,
): CompiledPrediction | undefined {
  const path = prediction?.label ?? prediction?.top1;
  if (prediction === undefined || path === undefined) {
    return undefined;
  }
  return {
    path: singular(path),
    by: prediction.label === undefined ? "top1" : "label",
    score: prediction.score === undefined ? undefined : singular(prediction.score),
    isKept,
  };
}

/** The automaton of all rules for one kind of document, those that are built in for it too; each path must be a valid one. */
export function automatonOf(rules: CompareRules, kind: DocumentKind = "json"): Automaton {
  const patterns: Pattern[] = [
    ...builtIn(kind),
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
    ...rules.similar.map(({ path, similarity }) => ({
      segments: segmentsOf(path),
      effect: { kind: "similar", similarity } as const,
    })),
    ...rules.samples.show.flatMap((path) => withAllBelow(path, "shown")),
    ...rules.samples.redact.flatMap((path) => withAllBelow(path, "hidden")),
  ];
  return buildAutomaton(patterns);
}

function withAllBelow(path: string, as: "shown" | "hidden"): readonly Pattern[] {
  return [path, `${path}..*`].map((each) => ({
    segments: segmentsOf(each),
    effect: { kind: "disclose", as },
  }));
}

/** Tensors are called by their names; of a completion it does not count when, and by what process, it was made. */
function builtIn(kind: DocumentKind): readonly Pattern[] {
  switch (kind) {
    case "json":
    case "text":
    case "protobuf":
      return [];
    case "tensors":
      return [{ segments: segmentsOf("$.outputs"), effect: { kind: "named" } }];
    case "chat":
      return MADE_PATHS.map((path) => ({ segments: segmentsOf(path), effect: { kind: "ignore" } }));
    default:
      return kind satisfies never;
  }
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
