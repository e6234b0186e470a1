import type { Comparison, Said } from "../core/compare/comparison.ts";
import type { JsonValue } from "../core/compare/jsonValue.ts";
import { saidIn } from "../core/compare/prediction.ts";
import { readDocument } from "../core/compare/read.ts";
import type { CompiledPrediction, CompiledRules } from "../core/compare/rules.ts";
import { answered, failed } from "../core/evidence/outcome.ts";
import type { Answer, Observation, Request, Variant } from "../core/observation.ts";
import type { Prediction } from "../core/performance/prediction.ts";
import type { Plan } from "../core/plan/plan.ts";
import { compilePath } from "../formats/jsonPath.ts";
import { callDocument, isCall } from "./compareCalls.ts";
import { DECODE_LIMITS, decodeBody } from "./decodeBody.ts";

/** Stands for the prediction that an answer lacks; a label never equals it, so it is wrong. */
export const NO_PREDICTION = "(no prediction)";

/** Finds what an observation's answers predict, with what was asked, as far as that could be read. */
export type PredictionReader = (
  observation: Observation,
  seen: {
    readonly comparison: Comparison | undefined;
    readonly request: JsonValue | undefined;
  },
) => readonly Prediction[];

const NOTHING: readonly Prediction[] = [];

/**
 * Makes the reader of a plan with labels; `comparison`s must be by the same rules. An answer counts that came whole from its variant and
 * did not fail: of what failed the error rate tells. One that lacks its prediction is wrong, as to leave it out would make its variant
 * look better. Requests whose variant a trusted override chose are no evidence.
 */
export function predictionReader(plan: Plan, rules: CompiledRules): PredictionReader {
  const { labels } = plan;
  const { prediction } = rules;
  if (labels === undefined || prediction === undefined) {
    return () => NOTHING;
  }
  const idOf = labels.id === undefined ? undefined : textFinder(labels.id);
  const sliceOf = labels.slice === undefined ? () => undefined : textFinder(labels.slice);
  return (observation, { comparison, request }) => {
    const id = idOf === undefined ? observation.requestId : idOf(request);
    if (observation.overridden || id === undefined || id === "") {
      return NOTHING;
    }
    const slice = sliceOf(request);
    const { rollout, startMs: atMs } = observation;
    return saidBy(observation, comparison, { rules, prediction }).map(([variant, said]) => ({
      rollout,
      id,
      variant,
      version: plan[variant],
      atMs,
      label: said.label ?? NO_PREDICTION,
      ...(said.score === undefined ? {} : { score: said.score }),
      ...(slice === undefined ? {} : { slice }),
    }));
  };
}

/** What a request's body holds; undefined when it was cut, is none, or can't be read. */
export function readRequest(request: Request, rules: CompiledRules): JsonValue | undefined {
  if (request.truncated) {
    return undefined;
  }
  const decoded = decodeBody(request.body, request.contentEncoding, DECODE_LIMITS);
  if (decoded.kind === "problem") {
    return undefined;
  }
  const { contentType, inferenceHeaderBytes } = request;
  const reading = readDocument(
    {
      body: decoded.bytes,
      contentType,
      ...(inferenceHeaderBytes === undefined ? {} : { inferenceHeaderBytes }),
    },
    { ...rules, format: "auto" },
  );
  return reading.kind === "document" ? reading.value : undefined;
}

type By = { readonly rules: CompiledRules; readonly prediction: CompiledPrediction };

function saidBy(
  { answer, served, shadow, request, path }: Observation,
  comparison: Comparison | undefined,
  by: By,
): readonly (readonly [Variant, Said])[] {
  const other = served === "primary" ? "candidate" : "primary";
  const said = comparison?.prediction?.said;
  if (shadow !== undefined && said !== undefined) {
    return [
      ...(counts(answer) ? [[served, said[served]] as const] : []),
      ...(counts(shadow) ? [[other, said[other]] as const] : []),
    ];
  }
  return request !== undefined && counts(answer) ? [[served, saidAlone({ answer, path }, by)]] : [];
}

/** What the answer that the user got predicts; undefined where it failed, was not captured, or nobody says where a prediction is. */
export function saidByServed(
  observation: Observation,
  comparison: Comparison | undefined,
  rules: CompiledRules,
): Said | undefined {
  const { prediction } = rules;
  if (prediction === undefined) {
    return undefined;
  }
  const said = saidBy(observation, comparison, { rules, prediction });
  return said.find(([variant]) => variant === observation.served)?.[1];
}

/** Whether an answer is its variant's own, whole, and no failure. */
function counts(answer: Answer): boolean {
  return answered(answer) && !failed(answer) && !answer.truncated;
}

function saidAlone(
  { answer, path }: Pick<Observation, "answer" | "path">,
  { rules, prediction }: By,
): Said {
  if (isCall(answer)) {
    return saidIn(callDocument(answer, path, rules), prediction);
  }
  const decoded = decodeBody(answer.body, answer.contentEncoding, DECODE_LIMITS);
  const body = decoded.kind === "bytes" ? decoded.bytes : new Uint8Array();
  const reading = readDocument({ ...answer, body }, rules);
  return saidIn(reading.kind === "document" ? reading.value : undefined, prediction);
}

function textFinder(path: string): (document: JsonValue | undefined) => string | undefined {
  const find = compilePath(path);
  return (document) => {
    const value = document === undefined ? undefined : find(document);
    return TEXTS.has(typeof value) ? String(value) : undefined;
  };
}

/** Types of values that an id or a slice may have; whole numbers beyond 2^53 are exact, as bigint. */
const TEXTS: ReadonlySet<string> = new Set(["string", "number", "bigint", "boolean"]);
