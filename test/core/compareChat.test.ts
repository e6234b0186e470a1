import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compare } from "../../sidecar/core/compare/compare.ts";
import { compileRules } from "../../sidecar/core/compare/rules.ts";
import type { Answer } from "../../sidecar/core/observation.ts";
import type { CompareRules } from "../../sidecar/core/plan/plan.ts";
import { answerOf, rulesOf } from "../support/answers.ts";

const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };

/** A whole chat completion with one choice. */
function chat(message: object, changes: object = {}): Answer {
  return answerOf(
    JSON.stringify({
      id: "chatcmpl-1",
      object: "chat.completion",
      created: 1,
      model: "m",
      choices: [
        { index: 0, message: { role: "assistant", ...message }, finish_reason: "stop", ...changes },
      ],
      usage,
    }),
  );
}

const stream = (text: string): Answer => answerOf(text, { contentType: "text/event-stream" });
const events = (...data: readonly unknown[]): Answer =>
  stream([...data.map((each) => JSON.stringify(each)), "[DONE]"].map(event).join(""));
const event = (data: string): string => `data: ${data}\n\n`;

/** A chunk of a streamed chat completion, of the first choice. */
function chunk(delta: object, changes: object = {}, members: object = {}): object {
  return {
    id: "chatcmpl-2",
    object: "chat.completion.chunk",
    created: 2,
    model: "m",
    choices: [{ index: 0, delta, finish_reason: null, ...changes }],
    ...members,
  };
}

const end = chunk({}, { finish_reason: "stop" }, { usage });

function found(
  primary: Answer,
  candidate: Answer,
  rules: Partial<CompareRules> = {},
): readonly string[] {
  const comparison = compare(primary, candidate, compileRules(rulesOf(rules)));
  return [
    comparison.method,
    ...comparison.differences.map(({ kind, path }) => `${kind} ${path}`),
    ...comparison.undecodable.map(({ variant, reason }) => `${variant} ${reason}`),
  ];
}

const called = (text: string, id = "call_1"): object => ({
  content: null,
  tool_calls: [{ id, type: "function", function: { name: "weather", arguments: text } }],
});
const CONTENT = "$['choices'][0]['message']['content']";
const pairs: readonly {
  readonly name: string;
  readonly pair: readonly [Answer, Answer];
  readonly rules?: Partial<CompareRules>;
  readonly expected: readonly string[];
}[] = [
  {
    name: "id, time and fingerprint of a completion mean nothing",
    pair: [
      chat({ content: "Hi" }),
      answerOf(
        Buffer.from(chat({ content: "Hi" }).body)
          .toString()
          .replace('"chatcmpl-1"', '"x"')
          .replace('"created":1', '"created":9'),
      ),
    ],
    expected: ["chat"],
  },
  {
    name: "another text is a difference at the message's content",
    pair: [chat({ content: "Hi" }), chat({ content: "Ho" })],
    expected: ["chat", `value ${CONTENT}`],
  },
  {
    name: "a text that is similar enough is equal where a rule says so",
    pair: [chat({ content: "It is warm today." }), chat({ content: "It is warm today!" })],
    rules: { similar: [{ path: "$.choices[*].message.content", similarity: 0.9 }] },
    expected: ["chat"],
  },
  {
    name: "another reason to finish is a difference",
    pair: [chat({ content: "Hi" }), chat({ content: "Hi" }, { finish_reason: "length" })],
    expected: ["chat", "value $['choices'][0]['finish_reason']"],
  },
  {
    name: "arguments of a tool call are compared as JSON, its id is not compared",
    pair: [
      chat(called('{"city":"Ulm","days":2}')),
      chat(called('{ "days": 2, "city": "Ulm" }', "x")),
    ],
    expected: ["chat"],
  },
  {
    name: "another argument is a difference at its name",
    pair: [chat(called('{"city":"Ulm"}')), chat(called('{"city":"Bonn"}'))],
    expected: [
      "chat",
      "value $['choices'][0]['message']['tool_calls'][0]['function']['arguments']['city']",
    ],
  },
  {
    name: "arguments that are no JSON are compared as text",
    pair: [chat(called("{")), chat(called("{ "))],
    expected: [
      "chat",
      "value $['choices'][0]['message']['tool_calls'][0]['function']['arguments']",
    ],
  },
  {
    name: "a streamed answer is the same as the whole one, but for its content type",
    pair: [
      chat({ content: "Hi there" }),
      events(
        chunk({ role: "assistant", content: "" }),
        chunk({ content: "Hi " }),
        chunk({ content: "there" }),
        end,
      ),
    ],
    expected: ["chat", "value contentType"],
  },
  {
    name: "where chunks of a stream end means nothing",
    pair: [
      events(chunk({ role: "assistant", content: "Hi there" }), end),
      events(
        chunk({ role: "assistant" }),
        chunk({ content: "Hi" }),
        chunk({ content: " there" }),
        end,
      ),
    ],
    expected: ["chat"],
  },
  {
    name: "streamed texts that differ differ at the content",
    pair: [
      events(chunk({ role: "assistant", content: "Hi" }), end),
      events(chunk({ role: "assistant", content: "Ho" }), end),
    ],
    expected: ["chat", `value ${CONTENT}`],
  },
  {
    name: "streamed arguments of tool calls are joined",
    pair: [
      chat({ content: null, ...called('{"city":"Ulm"}') }),
      events(
        chunk({ role: "assistant", content: null }),
        chunk({
          tool_calls: [
            { index: 0, id: "x", type: "function", function: { name: "weather", arguments: "" } },
          ],
        }),
        chunk({ tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] }),
        chunk({ tool_calls: [{ index: 0, function: { arguments: '"Ulm"}' } }] }),
        end,
      ),
    ],
    expected: ["chat", "value contentType"],
  },
  {
    name: "token counts come with a chunk that has no choice",
    pair: [
      events(chunk({ content: "a" }), { ...chunk({}), choices: [], usage }),
      events(chunk({ content: "a" }), {
        ...chunk({}),
        choices: [],
        usage: { ...usage, total_tokens: 6 },
      }),
    ],
    expected: ["chat", "value $['usage']['total_tokens']"],
  },
  {
    name: "choices that come mixed are put together by index",
    pair: [
      events(
        chunk({ content: "a" }),
        chunk({ content: "x" }, { index: 1 }),
        chunk({ content: "b" }),
      ),
      events(chunk({ content: "x" }, { index: 1 }), chunk({ content: "ab" })),
    ],
    expected: ["chat"],
  },
  {
    name: "streamed text completions are joined",
    pair: [events(text("a", null), text("b", "stop")), events(text("ab", "stop"))],
    expected: ["chat"],
  },
  {
    name: "a stream that ends in an error differs from a whole one",
    pair: [
      events(chunk({ content: "a" }), end),
      events(chunk({ content: "a" }), { error: { message: "overloaded" } }),
    ],
    expected: [
      "chat",
      "missing $['usage']",
      "extra $['error']",
      "type $['choices'][0]['finish_reason']",
    ],
  },
  {
    name: "events of another kind are compared as bytes",
    pair: [stream("data: tick\n\n"), stream("data: tock\n\n")],
    expected: ["bytes", "value body"],
  },
];

function text(part: string, reason: string | null): object {
  return {
    object: "text_completion",
    choices: [{ index: 0, text: part, finish_reason: reason }],
  };
}

for (const { name, pair, rules, expected } of pairs) {
  test(name, () => {
    assert.deepEqual(found(pair[0], pair[1], rules), expected);
  });
}

test("however a streamed text is cut into chunks, it is the same", () => {
  const parts = fc.array(fc.string({ unit: "grapheme" }), { maxLength: 10 });
  fc.assert(
    fc.property(parts, (contents) => {
      const chunks = contents.map((content) => chunk({ content }));
      const streamed = events(chunk({ role: "assistant", content: "" }), ...chunks, end);
      const whole = events(chunk({ role: "assistant", content: contents.join("") }), end);
      assert.deepEqual(found(streamed, whole), ["chat"]);
    }),
  );
});
