import assert from "node:assert/strict";
import { test } from "node:test";
import type { Comparison } from "../../sidecar/core/compare/comparison.ts";
import { compileRules } from "../../sidecar/core/compare/rules.ts";
import type { CompareRules } from "../../sidecar/core/plan/plan.ts";
import { comparePair } from "../../sidecar/decode/comparePair.ts";
import { rulesOf } from "../support/answers.ts";
import { decodedObservation } from "../support/decoded.ts";
import type { Seen } from "../support/seen.ts";
import { setStage } from "../support/stage.ts";
import { type Answering, answering } from "../support/upstream.ts";

function compared(seen: readonly Seen[], rules: Partial<CompareRules> = {}): readonly Comparison[] {
  const compiled = compileRules(rulesOf(rules));
  return seen.flatMap((each) => comparePair(decodedObservation(each), compiled) ?? []);
}

const summary = ({ method, differences, undecodable }: Comparison): readonly string[] => [
  method,
  ...differences.map(({ path }) => path),
  ...undecodable.map(({ variant, reason }) => `${variant} ${reason}`),
];

/** The chunks of a streamed chat completion, each in a piece of its own. */
function chatting(...words: readonly string[]): Answering {
  return (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const content of words) {
      const chunk = {
        id: `${Math.random()}`,
        object: "chat.completion.chunk",
        model: "m",
        choices: [{ index: 0, delta: { content }, finish_reason: null }],
      };
      response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    }
    response.end("data: [DONE]\n\n");
  };
}

/** An answer with one tensor of 32-bit numbers, in binary. */
function inferring(...scores: readonly number[]): Answering {
  const bytes = Buffer.from(new Float32Array(scores).buffer);
  const parameters = { binary_data_size: bytes.length };
  const outputs = [{ name: "scores", datatype: "FP32", shape: [1, scores.length], parameters }];
  const head = Buffer.from(JSON.stringify({ model_name: "m", outputs }));
  return (_, response) => {
    response.writeHead(200, {
      "content-type": "application/octet-stream",
      "inference-header-content-length": head.length,
    });
    response.end(Buffer.concat([head, bytes]));
  };
}

test("streamed chat completions are compared as what they say, however they are cut", async (context) => {
  const { sidecar, users, v1, v2 } = await setStage(context);
  v1.answer = chatting("It ", "is ", "warm.");
  v2.answer = chatting("It is", " warm.");
  assert.match((await users.send()).body, /\[DONE\]/);
  await sidecar.seen(1);
  v2.answer = chatting("It is cold.");
  await users.send();
  assert.deepEqual(compared(await sidecar.seen(2)).map(summary), [
    ["chat"],
    ["chat", "$['choices'][0]['message']['content']"],
  ]);
});

test("binary tensors are compared by name, within their tolerance", async (context) => {
  const { sidecar, users, v1, v2 } = await setStage(context);
  v1.answer = inferring(0.25, 0.75);
  v2.answer = inferring(0.26, 0.74);
  await users.send();
  await sidecar.seen(1);
  v2.answer = inferring(0.75, 0.25);
  await users.send();
  const both = compared(await sidecar.seen(2), {
    prediction: { label: undefined, top1: "$.outputs.scores", score: undefined },
    tolerances: [{ path: "$.outputs.scores.data[*]", absolute: 0.02, relative: 0 }],
  });
  assert.deepEqual(both.map(summary), [
    ["tensors"],
    ["tensors", "$['outputs']['scores']['data'][0]", "$['outputs']['scores']['data'][1]"],
  ]);
  assert.deepEqual(
    both.map(({ prediction }) => prediction?.flipped),
    [false, true],
  );
});

test("plain texts are compared by similarity", async (context) => {
  const { sidecar, users, v1, v2 } = await setStage(context);
  v1.answer = answering(200, "text/plain", "It is a warm summer day.");
  v2.answer = answering(200, "text/plain", "It is a warm summer day!");
  await users.send();
  await sidecar.seen(1);
  v2.answer = answering(200, "text/plain", "It rains.");
  await users.send();
  const similar = [{ path: "$", similarity: 0.9 }];
  assert.deepEqual(compared(await sidecar.seen(2), { similar }).map(summary), [
    ["text"],
    ["text", "body"],
  ]);
});

test("a stream beyond the cap is a pair of which only the beginning is known", async (context) => {
  const { sidecar, users, v1, v2 } = await setStage(context);
  v1.answer = chatting(...Array.from({ length: 1000 }, () => "word "));
  v2.answer = chatting("word");
  await users.send();
  assert.deepEqual(compared(await sidecar.seen(1)).map(summary), [["truncated"]]);
});

test("broken events and tensors are undecodable, and told of the variant that sent them", async (context) => {
  const { sidecar, users, v1, v2 } = await setStage(context);
  v1.answer = chatting("a");
  v2.answer = answering(200, "text/event-stream", 'data: {"object":"chat.completion.chunk"');
  await users.send();
  await sidecar.seen(1);
  v1.answer = inferring(1);
  v2.answer = (_, response) => {
    response.writeHead(200, {
      "content-type": "application/octet-stream",
      "inference-header-content-length": "999",
    });
    response.end("{}");
  };
  await users.send();
  assert.deepEqual(compared(await sidecar.seen(2)).map(summary), [
    ["undecodable", "body", "candidate brokenEvent"],
    ["undecodable", "body", "candidate tensorBytes"],
  ]);
});
