import { isArray, isObject, type JsonObject, type JsonValue } from "./jsonValue.ts";

/** Choices, and tool calls of a choice, whose index is at most this are put together; a stream with one beyond is broken. */
export const INDEX_MAX = 127;

const DONE = "[DONE]";

/** A streamed completion as it would be when not streamed, or why the events are none. */
export type ChatStream =
  | { readonly kind: "completion"; readonly value: JsonObject }
  /** Not a stream of completions. */
  | { readonly kind: "other" }
  | { readonly kind: "broken" };

const BROKEN: ChatStream = { kind: "broken" };

type Choice = {
  readonly members: Map<string, JsonValue>;
  readonly message: Map<string, JsonValue>;
  readonly calls: Map<number, JsonObject>;
  text: string | undefined;
};
type Draft = {
  readonly members: Map<string, JsonValue>;
  readonly choices: Map<number, Choice>;
  isChat: boolean;
};

/**
 * Puts the chunks of a streamed chat or text completion (OpenAI's API, objects `chat.completion.chunk` and `text_completion`) together:
 * texts are joined, of other members the last that is not null stands. `parse` reads one event. What comes after `[DONE]` is broken, as is a
 * chunk of any other form; an event with an `error` is kept as that member.
 */
export function joinChunks(
  events: readonly string[],
  parse: (text: string) => JsonValue | undefined,
): ChatStream {
  const draft: Draft = { members: new Map(), choices: new Map(), isChat: false };
  const isDone = events.at(-1) === DONE;
  const chunks = isDone ? events.slice(0, -1) : events;
  for (const [index, event] of chunks.entries()) {
    const chunk = parse(event);
    if (index === 0 && (chunk === undefined || !isChunk(chunk))) {
      return { kind: "other" };
    }
    if (chunk === undefined || !isObject(chunk) || !addChunk(draft, chunk)) {
      return BROKEN;
    }
  }
  return chunks.length === 0 ? { kind: "other" } : { kind: "completion", value: wholeOf(draft) };
}

function isChunk(chunk: JsonValue): boolean {
  return (
    isObject(chunk) &&
    (chunk.object === "chat.completion.chunk" ||
      chunk.object === "text_completion" ||
      chunk.error !== undefined)
  );
}

function addChunk(draft: Draft, chunk: JsonObject): boolean {
  const { choices, ...members } = chunk;
  draft.isChat ||= chunk.object === "chat.completion.chunk";
  setMembers(draft.members, members);
  if (choices === undefined) {
    return members.error !== undefined;
  }
  return isArray(choices) && choices.every((choice) => addChoice(draft, choice));
}

function addChoice(draft: Draft, value: JsonValue): boolean {
  const index = indexOf(value);
  if (index === undefined || !isObject(value)) {
    return false;
  }
  const choice = draft.choices.get(index) ?? newChoice();
  draft.choices.set(index, choice);
  const { delta, text, ...members } = value;
  setMembers(choice.members, members);
  if (typeof text === "string") {
    choice.text = (choice.text ?? "") + text;
  }
  return delta === undefined || (isObject(delta) && addDelta(choice, delta));
}

function newChoice(): Choice {
  return { members: new Map(), message: new Map(), calls: new Map(), text: undefined };
}

function addDelta(choice: Choice, delta: JsonObject): boolean {
  const { tool_calls: calls, role, ...texts } = delta;
  if (role !== undefined && role !== null) {
    choice.message.set("role", role);
  }
  for (const [name, value] of Object.entries(texts)) {
    const before = choice.message.get(name);
    const joined = typeof before === "string" && typeof value === "string" ? before + value : value;
    setMembers(choice.message, { [name]: joined });
  }
  return (
    calls === undefined ||
    calls === null ||
    (isArray(calls) && calls.every((call) => addCall(choice, call)))
  );
}

function addCall(choice: Choice, value: JsonValue): boolean {
  const index = indexOf(value);
  if (index === undefined || !isObject(value)) {
    return false;
  }
  const before = choice.calls.get(index) ?? {};
  const { function: part, index: _, ...members } = value;
  const after = part === undefined ? before.function : joinCall(before.function, part);
  choice.calls.set(index, {
    ...before,
    ...members,
    ...(after === undefined ? {} : { function: after }),
  });
  return true;
}

function joinCall(before: JsonValue | undefined, part: JsonValue): JsonValue {
  if (before === undefined || !isObject(before) || !isObject(part)) {
    return part;
  }
  const given = before.arguments;
  const more = part.arguments;
  const joined = typeof given === "string" && typeof more === "string" ? given + more : undefined;
  return { ...before, ...part, ...(joined === undefined ? {} : { arguments: joined }) };
}

function indexOf(value: JsonValue): number | undefined {
  const index = isObject(value) ? value.index : undefined;
  return typeof index === "number" && Number.isInteger(index) && index >= 0 && index <= INDEX_MAX
    ? index
    : undefined;
}

/** Null says that nothing is new. */
function setMembers(members: Map<string, JsonValue>, given: JsonObject): void {
  for (const [name, value] of Object.entries(given)) {
    if (value !== null || !members.has(name)) {
      members.set(name, value);
    }
  }
}

function wholeOf(draft: Draft): JsonObject {
  const choices = [...draft.choices]
    .sort(([a], [b]) => a - b)
    .map(([, choice]) => choiceOf(choice));
  return {
    ...Object.fromEntries(draft.members),
    object: draft.isChat ? "chat.completion" : "text_completion",
    choices,
  };
}

function choiceOf({ members, message, calls, text }: Choice): JsonObject {
  const whole = Object.fromEntries(members);
  if (text !== undefined) {
    return { ...whole, text };
  }
  const listed = [...calls].sort(([a], [b]) => a - b).map(([, call]) => call);
  return {
    ...whole,
    message: {
      ...Object.fromEntries(message),
      ...(listed.length === 0 ? {} : { tool_calls: listed }),
    },
  };
}
