import type { Answer } from "../observation.ts";
import { fillBinaryTensors } from "./binaryTensors.ts";
import { isCompletion, readCompletion } from "./chat.ts";
import { joinChunks } from "./chatStream.ts";
import type { DocumentKind, UndecodableReason } from "./comparison.ts";
import { isEventStream, isJson, isText } from "./contentType.ts";
import { readEventStream } from "./eventStream.ts";
import type { JsonValue } from "./jsonValue.ts";
import { decodeUtf8, type JsonLimits, type ParsedJson, parseJson } from "./parseJson.ts";
import type { CompiledRules } from "./rules.ts";
import { scan } from "./scan.ts";
import { readTensors } from "./tensors.ts";

/** What an answer's body was read as. */
export type Reading =
  | { readonly kind: "document"; readonly as: DocumentKind; readonly value: JsonValue }
  /** Nothing but bytes. */
  | { readonly kind: "none" }
  | { readonly kind: "problem"; readonly reason: UndecodableReason };

/** What a body is read by: an answer, or a request. */
export type Content = Pick<Answer, "body" | "contentType" | "inferenceHeaderBytes">;

const NOTHING: Reading = { kind: "none" };

/**
 * Reads a body in the rules' format. `auto` goes by content type: JSON, which may hold tensors or a completion; a binary body after the
 * length of its JSON was told by header; server-sent events of a completion; text in UTF-8; all else is bytes. An empty body is bytes.
 */
export function readDocument(answer: Content, rules: CompiledRules): Reading {
  if (answer.body.length === 0) {
    return NOTHING;
  }
  switch (rules.format) {
    case "auto":
      return readByType(answer, rules.limits);
    case "json":
      return plain(parseJson(answer.body, rules.limits));
    case "openInference":
      return readInference(answer, rules.limits);
    case "openai":
      return isEventStream(answer.contentType)
        ? readStream(answer.body, rules.limits)
        : chatOf(parseJson(answer.body, rules.limits), rules.limits);
    case "text":
      return readText(answer.body, rules.limits);
    case "bytes":
      return NOTHING;
    default:
      return rules.format satisfies never;
  }
}

function readByType(answer: Content, limits: JsonLimits): Reading {
  const { body, contentType } = answer;
  if (answer.inferenceHeaderBytes !== undefined) {
    return readInference(answer, limits);
  }
  if (isJson(contentType, body)) {
    const parsed = parseJson(body, limits);
    return parsed.kind === "json" && isCompletion(parsed.value)
      ? chatOf(parsed, limits)
      : tensorsOf(parsed);
  }
  if (isEventStream(contentType)) {
    return readStream(body, limits);
  }
  return isText(contentType) ? readText(body, limits) : NOTHING;
}

function readInference({ body, inferenceHeaderBytes }: Content, limits: JsonLimits): Reading {
  if (inferenceHeaderBytes === undefined) {
    return tensorsOf(parseJson(body, limits));
  }
  if (inferenceHeaderBytes > body.length) {
    return { kind: "problem", reason: "tensorBytes" };
  }
  const parsed = parseJson(body.subarray(0, inferenceHeaderBytes), limits);
  return tensorsOf(
    parsed.kind === "json"
      ? fillBinaryTensors(parsed.value, body.subarray(inferenceHeaderBytes), limits.tokensMax)
      : parsed,
  );
}

function readText(body: Uint8Array, limits: JsonLimits): Reading {
  if (body.length > limits.bytesMax) {
    return { kind: "problem", reason: "tooLarge" };
  }
  const text = decodeUtf8(body);
  return text === undefined
    ? { kind: "problem", reason: "invalidUtf8" }
    : { kind: "document", as: "text", value: text };
}

/** Events that are no completion are bytes. */
function readStream(body: Uint8Array, limits: JsonLimits): Reading {
  const text = readText(body, limits);
  if (text.kind !== "document" || typeof text.value !== "string") {
    return text;
  }
  const events = readEventStream(text.value);
  if (events === undefined) {
    return { kind: "problem", reason: "brokenEvent" };
  }
  const parse = parserWithin(limits);
  const joined = joinChunks(events, parse);
  switch (joined.kind) {
    case "completion":
      return { kind: "document", as: "chat", value: readCompletion(joined.value, parse) };
    case "other":
      return NOTHING;
    case "broken":
      return { kind: "problem", reason: "brokenEvent" };
    default:
      return joined satisfies never;
  }
}

function plain(parsed: ParsedJson): Reading {
  return parsed.kind === "json" ? { kind: "document", as: "json", value: parsed.value } : parsed;
}

function tensorsOf(parsed: ParsedJson): Reading {
  if (parsed.kind === "problem") {
    return parsed;
  }
  const tensors = readTensors(parsed.value);
  switch (tensors.kind) {
    case "tensors":
      return { kind: "document", as: "tensors", value: tensors.value };
    case "other":
      return plain(parsed);
    case "problem":
      return tensors;
    default:
      return tensors satisfies never;
  }
}

function chatOf(parsed: ParsedJson, limits: JsonLimits): Reading {
  return parsed.kind === "json" && isCompletion(parsed.value)
    ? {
        kind: "document",
        as: "chat",
        value: readCompletion(parsed.value, parserWithin(limits)),
      }
    : plain(parsed);
}

/** Parses many small texts, which together may have as many tokens as one document. */
function parserWithin(limits: JsonLimits): (text: string) => JsonValue | undefined {
  let left = limits.tokensMax;
  return (text) => {
    const bytes = Buffer.from(text);
    const parsed = parseJson(bytes, { ...limits, tokensMax: left });
    left -= scan(bytes).tokens;
    return parsed.kind === "json" ? parsed.value : undefined;
  };
}
