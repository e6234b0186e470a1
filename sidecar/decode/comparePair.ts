import { compare } from "../core/compare/compare.ts";
import type { Comparison } from "../core/compare/comparison.ts";
import type { Reading } from "../core/compare/read.ts";
import type { CompiledRules } from "../core/compare/rules.ts";
import type { Answer, Observation } from "../core/observation.ts";
import { type Calls, compareCalls, isCall } from "./compareCalls.ts";
import { DECODE_LIMITS, type DecodedBody, type DecodeLimits, decodeBody } from "./decodeBody.ts";

/**
 * Compares the two answers of an observation, content encodings undone; undefined when it has one answer only. A body whose
 * encoding can't be undone makes the comparison `undecodable`. Says nothing of transport failures: look at them first. Where the primary
 * answered twice, its two answers are compared too, as the comparison's `noise`.
 */
export function comparePair(
  observation: Observation,
  rules: CompiledRules,
  limits: DecodeLimits = DECODE_LIMITS,
): Comparison | undefined {
  const { answer, shadow, secondary } = observation;
  if (shadow === undefined) {
    return undefined;
  }
  const [primary, candidate] =
    observation.served === "primary" ? [answer, shadow] : [shadow, answer];
  const { path } = observation;
  const comparison = compareDecoded({ primary, candidate, path }, rules, limits);
  return secondary === undefined
    ? comparison
    : {
        ...comparison,
        noise: compareDecoded({ primary, candidate: secondary, path }, rules, limits),
      };
}

function compareDecoded(
  { primary, candidate, path }: Calls,
  rules: CompiledRules,
  limits: DecodeLimits,
): Comparison {
  if (isCall(primary) || isCall(candidate)) {
    return compareCalls({ primary, candidate, path }, rules, limits);
  }
  if (isPlain(primary, candidate)) {
    return compare(primary, candidate, rules);
  }
  const left = decodeBody(primary.body, primary.contentEncoding, limits);
  const right = decodeBody(candidate.body, candidate.contentEncoding, limits);
  return compare(withBody(primary, left), withBody(candidate, right), rules, {
    primary: problemOf(left),
    candidate: problemOf(right),
  });
}

/** Nothing to undo; nor can a part of a compressed body be read. */
function isPlain(primary: Answer, candidate: Answer): boolean {
  return (
    (primary.contentEncoding === "" && candidate.contentEncoding === "") ||
    primary.truncated ||
    candidate.truncated
  );
}

function withBody(answer: Answer, decoded: DecodedBody): Answer {
  return decoded.kind === "bytes" ? { ...answer, body: decoded.bytes } : answer;
}

function problemOf(decoded: DecodedBody): Reading | undefined {
  return decoded.kind === "problem" ? decoded : undefined;
}
