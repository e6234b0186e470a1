import type { Answer, Variant } from "../observation.ts";
import type { Comparison, Difference, Undecodable, UndecodableReason } from "./comparison.ts";
import { isJson, mediaType } from "./contentType.ts";
import type { JsonValue } from "./jsonValue.ts";
import { type JsonLimits, type ParsedJson, parseJson } from "./parseJson.ts";
import { comparePredictions, type Documents } from "./prediction.ts";
import type { CompiledRules } from "./rules.ts";
import { type Differences, findDifferences } from "./walk.ts";

/** Bodies whose content encoding could not be undone; they are compared as the bytes that came. */
export type Unreadable = {
  readonly primary: UndecodableReason | undefined;
  readonly candidate: UndecodableReason | undefined;
};

const ALL_READABLE: Unreadable = { primary: undefined, candidate: undefined };

/**
 * Compares the answers of a pair. Bodies come with their content encoding undone; `unreadable` says where that failed.
 *
 * - Status and media type are compared always, as paths `status` and `contentType`.
 * - Two JSON bodies are compared field by field under the rules. Any other two bodies, and those where one can't be read, are
 *   equal when their bytes are; they differ at path `body`.
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
  unreadable: Unreadable = ALL_READABLE,
): Comparison {
  const found: Differences = { listed: [], count: 0 };
  compareHeads(found, primary, candidate);
  if (primary.truncated || candidate.truncated) {
    compareCut(found, primary, candidate);
    return comparison(found, "truncated");
  }
  const identical = sameBytes(primary.body, candidate.body);
  const left = read(primary, unreadable.primary, rules.limits);
  const right =
    identical && readAlike(primary, candidate, unreadable)
      ? left
      : read(candidate, unreadable.candidate, rules.limits);
  const documents: Documents = { primary: documentOf(left), candidate: documentOf(right) };
  const prediction = comparePredictions(documents, rules);
  if (documents.primary !== undefined && documents.candidate !== undefined) {
    findDifferences(
      { primary: documents.primary, candidate: documents.candidate, state: rules.document },
      found,
    );
    return comparison(found, "json", prediction);
  }
  if (!identical) {
    note(found, "body", presence(primary.body.length > 0, candidate.body.length > 0));
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
    differencesCount: found.count,
    prediction,
  };
}

function compareHeads(found: Differences, primary: Answer, candidate: Answer): void {
  if (primary.status !== candidate.status) {
    note(found, "status", "value");
  }
  if (primary.contentType !== candidate.contentType) {
    const left = mediaType(primary.contentType);
    const right = mediaType(candidate.contentType);
    if (left !== right) {
      note(found, "contentType", presence(left !== "", right !== ""));
    }
  }
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
    note(found, "body", presence(primary.bodyBytes > 0, candidate.bodyBytes > 0));
  }
}

function isPlain(answer: Answer): boolean {
  const encoding = answer.contentEncoding;
  return (encoding === "" || encoding === "identity") && !isJson(answer.contentType, answer.body);
}

function note(found: Differences, path: string, kind: Difference["kind"]): void {
  found.listed.push({ path, kind });
  found.count += 1;
}

function presence(primary: boolean, candidate: boolean): Difference["kind"] {
  if (primary === candidate) {
    return "value";
  }
  return primary ? "missing" : "extra";
}

type Reading = ParsedJson | { readonly kind: "none" };
const NO_DOCUMENT: Reading = { kind: "none" };

function read(answer: Answer, problem: UndecodableReason | undefined, limits: JsonLimits): Reading {
  if (problem !== undefined) {
    return { kind: "problem", reason: problem };
  }
  return answer.body.length > 0 && isJson(answer.contentType, answer.body)
    ? parseJson(answer.body, limits)
    : NO_DOCUMENT;
}

function readAlike(primary: Answer, candidate: Answer, unreadable: Unreadable): boolean {
  return (
    primary.contentType === candidate.contentType && unreadable.primary === unreadable.candidate
  );
}

function documentOf(reading: Reading): JsonValue | undefined {
  return reading.kind === "json" ? reading.value : undefined;
}

function problemOf(variant: Variant, reading: Reading): readonly Undecodable[] {
  return reading.kind === "problem" ? [{ variant, reason: reading.reason }] : [];
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a === b || (a.length === b.length && Buffer.compare(a, b) === 0);
}
