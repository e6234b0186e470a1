import { compare } from "../core/compare/compare.ts";
import type { Comparison } from "../core/compare/comparison.ts";
import { mediaType } from "../core/compare/contentType.ts";
import type { JsonValue } from "../core/compare/jsonValue.ts";
import { decodeProtobuf } from "../core/compare/protobuf.ts";
import { type Reading, readDocument } from "../core/compare/read.ts";
import type { CompiledRules } from "../core/compare/rules.ts";
import type { Answer } from "../core/observation.ts";
import { callMessage } from "./callMessage.ts";
import { DECODE_LIMITS, type DecodeLimits, decodeBody } from "./decodeBody.ts";

/** The answers to a unary call of the method at `path`. */
export type Calls = {
  readonly primary: Answer;
  readonly candidate: Answer;
  readonly path: string;
};

/** Whether an answer is one to a call in gRPC: what came then has its status. */
export function isCall(answer: Answer): boolean {
  return answer.grpcStatus !== undefined;
}

/**
 * Compares the answers to a unary call in gRPC: the messages, decompressed, field by field where the rules have a schema with the method, else as
 * bytes; in another format than protobuf (`application/grpc+json`, or one that the rules name) as that format is. A message that can't be
 * had, or is none of its type, makes the comparison `undecodable`.
 */
export function compareCalls(
  { primary, candidate, path }: Calls,
  rules: CompiledRules,
  limits: DecodeLimits,
): Comparison {
  if (primary.truncated || candidate.truncated) {
    return compare(primary, candidate, rules);
  }
  const left = readCall(primary, path, { rules, limits });
  const right = isAlike(primary, candidate)
    ? { ...left, answer: { ...candidate, body: left.answer.body } }
    : readCall(candidate, path, { rules, limits });
  return compare(left.answer, right.answer, rules, {
    primary: left.reading,
    candidate: right.reading,
  });
}

/** What the answer to a unary call in gRPC says, read as `compareCalls` reads it; undefined when it says nothing that can be read. */
export function callDocument(
  answer: Answer,
  path: string,
  rules: CompiledRules,
): JsonValue | undefined {
  const read = readCall(answer, path, { rules, limits: DECODE_LIMITS });
  const reading = read.reading ?? readDocument(read.answer, rules);
  return reading.kind === "document" ? reading.value : undefined;
}

type With = { readonly rules: CompiledRules; readonly limits: DecodeLimits };
type Read = { readonly answer: Answer; readonly reading: Reading | undefined };

function isAlike(primary: Answer, candidate: Answer): boolean {
  return (
    primary.grpcStatus === candidate.grpcStatus &&
    primary.contentType === candidate.contentType &&
    primary.contentEncoding === candidate.contentEncoding &&
    primary.grpcEncoding === candidate.grpcEncoding &&
    Buffer.compare(primary.body, candidate.body) === 0
  );
}

function readCall(answer: Answer, path: string, { rules, limits }: With): Read {
  const isOurs = isGrpc(answer.contentType);
  const message = isOurs
    ? callMessage(answer, limits)
    : decodeBody(answer.body, answer.contentEncoding, limits);
  switch (message.kind) {
    case "problem":
      return { answer, reading: message };
    case "none":
      return { answer, reading: { kind: "none" } };
    case "bytes": {
      const isProtobuf = isOurs && rules.format === "auto" && !hasOtherFormat(answer.contentType);
      return {
        answer: { ...answer, body: message.bytes },
        reading: isProtobuf ? readMessage(message.bytes, path, rules) : undefined,
      };
    }
    default:
      return message satisfies never;
  }
}

const GRPC = "application/grpc";

function isGrpc(contentType: string): boolean {
  const type = mediaType(contentType);
  return type === GRPC || type.startsWith(`${GRPC}+`);
}

function hasOtherFormat(contentType: string): boolean {
  const type = mediaType(contentType);
  return type !== GRPC && type !== `${GRPC}+proto`;
}

function readMessage(bytes: Uint8Array, path: string, { grpc, limits }: CompiledRules): Reading {
  if (grpc === undefined) {
    return { kind: "none" };
  }
  const response = grpc.responses.get(path);
  if (response === undefined) {
    return { kind: "problem", reason: "grpcMethod" };
  }
  const decoded = decodeProtobuf(bytes, response, limits);
  return decoded.kind === "json"
    ? { kind: "document", as: "protobuf", value: decoded.value }
    : decoded;
}
