import { isArray, isObject, type JsonObject, type JsonValue } from "./jsonValue.ts";

/** The members of a completion that say when and by what it was made, not what was answered: rules about them are built in. */
export const MADE_PATHS: readonly string[] = [
  "$.id",
  "$.created",
  "$.system_fingerprint",
  "$.choices[*].message.tool_calls[*].id",
];

/** Whether a value is a chat or text completion of OpenAI's API, whole. */
export function isCompletion(value: JsonValue): value is JsonObject {
  return isObject(value) && COMPLETIONS.has(value.object) && isList(value.choices);
}

const COMPLETIONS: ReadonlySet<JsonValue | undefined> = new Set([
  "chat.completion",
  "text_completion",
]);

function isList(value: JsonValue | undefined): boolean {
  return value !== undefined && isArray(value);
}

/** Reads a JSON text inside a text; undefined when it is none. */
export type ParseText = (text: string) => JsonValue | undefined;

/**
 * A completion with the arguments of its tool calls, which come as a text, read as JSON where they are: their order and blanks mean
 * nothing. What has another form stays as it is.
 */
export function readCompletion(completion: JsonObject, parse: ParseText): JsonObject {
  const { choices } = completion;
  if (choices === undefined || !isArray(choices)) {
    return completion;
  }
  return { ...completion, choices: choices.map((choice) => readChoice(choice, parse)) };
}

function readChoice(choice: JsonValue, parse: ParseText): JsonValue {
  const message = isObject(choice) ? choice.message : undefined;
  if (!isObject(choice) || message === undefined || !isObject(message)) {
    return choice;
  }
  const calls = message.tool_calls;
  if (calls === undefined || !isArray(calls)) {
    return choice;
  }
  const read = calls.map((call) => readCall(call, parse));
  return { ...choice, message: { ...message, tool_calls: read } };
}

function readCall(call: JsonValue, parse: ParseText): JsonValue {
  const called = isObject(call) ? call.function : undefined;
  if (!isObject(call) || called === undefined || !isObject(called)) {
    return call;
  }
  const text = called.arguments;
  const value = typeof text === "string" ? parse(text) : undefined;
  return value === undefined ? call : { ...call, function: { ...called, arguments: value } };
}
