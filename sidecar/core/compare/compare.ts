import type { Answer, Variant } from "../observation.ts";
import type { Comparison, Contents, Difference, DocumentKind, Undecodable } from "./comparison.ts";
import { contentsOf, described } from "./contents.ts";
import { isEventStream, isJson, mediaType } from "./contentType.ts";
import { isObject, type JsonValue } from "./jsonValue.ts";
import { comparePredictions } from "./prediction.ts";
import { type Reading, readDocument } from "./read.ts";
import type { CompiledRules } from "./rules.ts";
import { alignTensors } from "./tensors.ts";
import { type Both, type Differences, equalValues, findDifferences } from "./walk.ts";

/** Bodies that were looked at before: read already, or not to be read, as where a content encoding could not be undone. */
export type Readings = {
  readonly primary: Reading | undefined;
  readonly candidate: Reading | undefined;
};

const NONE_READ: Readings = { primary: undefined, candidate: undefined };

/**
 * Compares the answers of a pair. Bodies come with their content encoding undone; `readings` are of those that
 * were looked at before, the same object for two bodies that are alike; a body with a problem is compared as the bytes that came.
 *
 * - Status, the status of a call in gRPC and media type are compared always, as paths `status`, `grpcStatus` and `contentType`.
 * - Bodies that can be read are compared part by part under the rules: JSON field by field; tensors (Open Inference Protocol v2) by name;
 *   completions (OpenAI's API), streamed or not, as one whole answer; texts as a whole, at path `body`, by similarity where a rule for `$`
 *   says so. Any other two bodies, and those where one can't be read, are equal when their bytes are; they differ at path `body`.
 * - An empty body is no document: it is compared as bytes, and has no label.
 * - Where a body was truncated, JSON is not compared and nothing is said of the prediction; other bodies differ when their lengths
 *   or their captured bytes do.
 *
 * Never throws, whatever the bodies hold.
 */
export function compare(
  primary: Answer,
  candidate: Answer,
  rules: CompiledRules,
  readings: Readings = NONE_READ,
): Comparison {
  const found: Differences = { listed: [], contents: [], count: 0 };
  compareHeads(found, primary, candidate);
  if (primary.truncated || candidate.truncated) {
    compareCut(found, primary, candidate);
    return comparison(found, "truncated");
  }
  const identical = sameBytes(primary.body, candidate.body);
  const left = readings.primary ?? readDocument(primary, rules);
  const right =
    identical && readAlike(primary, candidate, readings)
      ? left
      : (readings.candidate ?? readDocument(candidate, rules));
  const both = pairUp(left, right, rules);
  const prediction =
    rules.prediction &&
    comparePredictions(
      both ?? { primary: documentOf(left), candidate: documentOf(right) },
      rules.prediction,
      both?.state,
    );
  if (both !== undefined) {
    compareDocuments(found, both);
    return comparison(found, both.as, prediction);
  }
  if (!identical) {
    noteBody(found, primary, candidate);
  }
  const undecodable = [...problemOf("primary", left), ...problemOf("candidate", right)];
  return {
    ...comparison(found, undecodable.length === 0 ? "bytes" : "undecodable", prediction),
    undecodable,
  };
}

function comparison(
  found: Differences,
  method: Comparison["method"],
  prediction?: Comparison["prediction"],
): Comparison {
  return {
    method,
    undecodable: [],
    equal: found.count === 0,
    differences: found.listed,
    contents: found.contents,
    differencesCount: found.count,
    prediction,
  };
}

function compareHeads(found: Differences, primary: Answer, candidate: Answer): void {
  if (primary.status !== candidate.status) {
    note(found, "status", "value", described(`${primary.status}`, `${candidate.status}`));
  }
  if (primary.grpcStatus !== candidate.grpcStatus) {
    const left = callStatus(primary);
    const right = callStatus(candidate);
    note(found, "grpcStatus", presence(left !== "", right !== ""), described(left, right));
  }
  if (primary.contentType !== candidate.contentType) {
    const left = mediaType(primary.contentType);
    const right = mediaType(candidate.contentType);
    if (left !== right) {
      note(found, "contentType", presence(left !== "", right !== ""), described(left, right));
    }
  }
}

function callStatus({ grpcStatus }: Answer): string {
  return grpcStatus === undefined ? "" : String(grpcStatus);
}

/** Compares what is known of bodies of which one was cut: only plain bodies, whose bytes mean the same wherever they stand. */
function compareCut(found: Differences, primary: Answer, candidate: Answer): void {
  if (!isPlain(primary) || !isPlain(candidate)) {
    return;
  }
  const length = Math.min(primary.body.length, candidate.body.length);
  if (
    primary.bodyBytes !== candidate.bodyBytes ||
    !sameBytes(primary.body.subarray(0, length), candidate.body.subarray(0, length))
  ) {
    noteBody(found, primary, candidate);
  }
}

function isPlain(answer: Answer): boolean {
  const encoding = answer.contentEncoding;
  return (
    (encoding === "" || encoding === "identity") &&
    answer.inferenceHeaderBytes === undefined &&
    answer.grpcStatus === undefined &&
    !isEventStream(answer.contentType) &&
    !isJson(answer.contentType, answer.body)
  );
}

function noteBody(found: Differences, primary: Answer, candidate: Answer): void {
  const sizes = described(`${primary.bodyBytes} bytes`, `${candidate.bodyBytes} bytes`);
  note(found, "body", presence(primary.bodyBytes > 0, candidate.bodyBytes > 0), sizes);
}

function note(
  found: Differences,
  path: string,
  kind: Difference["kind"],
  contents: Contents,
): void {
  found.listed.push({ path, kind });
  found.contents.push(contents);
  found.count += 1;
}

function presence(primary: boolean, candidate: boolean): Difference["kind"] {
  if (primary === candidate) {
    return "value";
  }
  return primary ? "missing" : "extra";
}

function readAlike(primary: Answer, candidate: Answer, readings: Readings): boolean {
  return (
    primary.contentType === candidate.contentType &&
    primary.inferenceHeaderBytes === candidate.inferenceHeaderBytes &&
    readings.primary === readings.candidate
  );
}

function documentOf(reading: Reading): JsonValue | undefined {
  return reading.kind === "document" ? reading.value : undefined;
}

type PairOfDocuments = Both & { readonly as: DocumentKind };

/** Two documents as what both are: those of different kinds as JSON; a text goes with a text only. */
function pairUp(left: Reading, right: Reading, rules: CompiledRules): PairOfDocuments | undefined {
  if (left.kind !== "document" || right.kind !== "document") {
    return undefined;
  }
  if (left.as !== right.as && (left.as === "text" || right.as === "text")) {
    return undefined;
  }
  const as = left.as === right.as ? left.as : "json";
  const primary = left.value;
  const candidate =
    as === "tensors" && isObject(primary) && isObject(right.value)
      ? alignTensors(primary, right.value)
      : right.value;
  return { as, primary, candidate, state: rules.documents[as] };
}

function compareDocuments(found: Differences, both: PairOfDocuments): void {
  if (both.as !== "text") {
    findDifferences(both, found);
  } else if (!equalValues(both)) {
    note(found, "body", "value", contentsOf(both));
  }
}

function problemOf(variant: Variant, reading: Reading): readonly Undecodable[] {
  return reading.kind === "problem" ? [{ variant, reason: reading.reason }] : [];
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a === b || (a.length === b.length && Buffer.compare(a, b) === 0);
}
