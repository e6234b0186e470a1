import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compare } from "../../sidecar/core/compare/compare.ts";
import { readEventStream } from "../../sidecar/core/compare/eventStream.ts";
import { compileRules } from "../../sidecar/core/compare/rules.ts";
import type { Answer } from "../../sidecar/core/observation.ts";
import { answerOf, rulesOf } from "../support/answers.ts";

const stream = (text: string): Answer => answerOf(text, { contentType: "text/event-stream" });
const event = (data: string): string => `data: ${data}\n\n`;

function found(primary: Answer, candidate: Answer): readonly string[] {
  const comparison = compare(primary, candidate, compileRules(rulesOf()));
  return [
    comparison.method,
    ...comparison.differences.map(({ kind, path }) => `${kind} ${path}`),
    ...comparison.undecodable.map(({ variant, reason }) => `${variant} ${reason}`),
  ];
}

const first = event(
  JSON.stringify({
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta: { content: "a" }, finish_reason: null }],
  }),
);
const broken: readonly { readonly name: string; readonly body: string }[] = [
  { name: "a chunk that is cut off", body: `${first}data: {"choices":` },
  { name: "an end without its empty line", body: `${first}data: [DONE]\n` },
  { name: "a chunk that is no JSON", body: `${first}${event("{")}` },
  { name: "a chunk that is no object", body: `${first}${event("1")}` },
  { name: "a chunk without choices", body: `${first}${event("{}")}` },
  { name: "a choice without index", body: `${first}${event('{"choices":[{"delta":{}}]}')}` },
  { name: "a choice of a huge index", body: `${first}${event('{"choices":[{"index":128}]}')}` },
  {
    name: "a delta that is no object",
    body: `${first}${event('{"choices":[{"index":0,"delta":1}]}')}`,
  },
  {
    name: "a tool call without index",
    body: `${first}${event('{"choices":[{"index":0,"delta":{"tool_calls":[{}]}}]}')}`,
  },
  { name: "a chunk after the end", body: `${first}${event("[DONE]")}${first}` },
  { name: "a chunk too deep", body: `${first}${event(`{"choices":${"[".repeat(65)}`)}` },
];
for (const { name, body } of broken) {
  test(`a stream with ${name} is undecodable`, () => {
    const whole = stream(`${first}${event("[DONE]")}`);
    assert.deepEqual(found(whole, stream(body)), [
      "undecodable",
      "value body",
      "candidate brokenEvent",
    ]);
  });
}

test("a stream of invalid UTF-8 is undecodable", () => {
  const answer = answerOf(Uint8Array.of(0xff), { contentType: "text/event-stream" });
  assert.deepEqual(found(stream(first), answer).at(-1), "candidate invalidUtf8");
});

test("the tokens of all chunks together are limited", () => {
  const many = stream(first.repeat(5_000));
  assert.deepEqual(found(stream(first), many).at(-1), "candidate brokenEvent");
});

test("a stream that was cut at the cap says nothing of what came after", () => {
  const cut = { ...stream(first), truncated: true, bodyBytes: 100_000 };
  assert.deepEqual(found(cut, stream(first)), ["truncated"]);
});

const streams: readonly {
  readonly name: string;
  readonly given: string;
  readonly expected: readonly string[] | undefined;
}[] = [
  {
    name: "lines may end in CR LF, CR or LF",
    given: "data:a\r\n\r\ndata: b\r\rdata:  c\n\n",
    expected: ["a", "b", " c"],
  },
  {
    name: "data lines of one event are joined",
    given: "data: a\ndata\ndata: b\n\n",
    expected: ["a\n\nb"],
  },
  {
    name: "comments and other fields are passed over",
    given: "\ufeff: hi\nevent: x\nid: 1\n\ndata: a\n\n",
    expected: ["a"],
  },
  { name: "an empty stream has no event", given: "", expected: [] },
  { name: "an event without its end is cut off", given: "data: a\n", expected: undefined },
  { name: "a line without its end is cut off", given: "data: a\n\ndat", expected: undefined },
];
for (const { name, given, expected } of streams) {
  test(name, () => {
    assert.deepEqual(readEventStream(given), expected);
  });
}

test("comparing never throws, whatever the events", () => {
  const member = fc.jsonValue({ maxDepth: 2 });
  const choice = fc.record(
    {
      index: fc.oneof(fc.nat(3), member),
      delta: fc.oneof(
        fc.record({ content: member, tool_calls: member, role: member }, { requiredKeys: [] }),
        member,
      ),
      text: member,
      message: member,
    },
    { requiredKeys: [] },
  );
  const body = fc.record(
    {
      object: fc.constantFrom("chat.completion.chunk", "chat.completion", "text_completion", 1),
      choices: fc.oneof(fc.array(choice, { maxLength: 3 }), member),
      __proto__: member,
    },
    { requiredKeys: ["object"] },
  );
  const answer = fc.oneof(
    fc
      .array(body, { maxLength: 4 })
      .map((data) => stream(data.map((each) => event(JSON.stringify(each))).join(""))),
    body.map((value) => answerOf(JSON.stringify(value))),
    fc.string().map(stream),
  );
  const rules = compileRules(rulesOf());
  fc.assert(
    fc.property(answer, answer, (primary, candidate) => {
      const comparison = compare(primary, candidate, rules);
      assert.equal(comparison.equal, comparison.differencesCount === 0);
    }),
  );
});
