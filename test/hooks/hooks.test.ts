import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { commandHook } from "../../sidecar/hooks/commandHook.ts";
import { webhookHook } from "../../sidecar/hooks/webhookHook.ts";
import { signatureHeaders } from "../../sidecar/outgoing/signature.ts";
import type { GateQuestion, HookAnswer } from "../../sidecar/ports/hooks.ts";
import { OutgoingError, type OutgoingErrorCode } from "../../sidecar/ports/outgoing.ts";
import { manualClock } from "../support/clock.ts";
import { type Answering, startReceiver } from "../support/receiver.ts";

const NOW_MS = 1_800_000_000_000;
const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const secret = { kind: "value", name: "SECRET", value: SECRET } as const;
const question: GateQuestion = {
  id: "test/1/0/0/smoke",
  gate: "smoke",
  rollout: "test",
  primary: "v1",
  candidate: "v2",
  toStep: 0,
  to: "shadow 100%",
};

/** What a webhook says that answers so, or why it says nothing. */
async function said(
  context: TestContext,
  answering: Answering,
  timeoutMs = 5_000,
): Promise<HookAnswer | OutgoingError> {
  const receiver = await startReceiver(context, { answering });
  return asked(receiver.url, timeoutMs);
}

async function asked(url: string, timeoutMs = 5_000): Promise<HookAnswer | OutgoingError> {
  const endpoint = { url: new URL(url), bearer: undefined, ca: undefined };
  const common = { name: "smoke", timeout: 1, giveUpAfter: 1, onFailure: "hold" } as const;
  const document = { ...common, onSilence: "hold", type: "webhook", url } as const;
  const parts = { source: "eu-1", clock: manualClock(NOW_MS) };
  const ask = webhookHook({ kind: "webhook", document, endpoint, secret }, parts);
  return await ask(question, AbortSignal.timeout(timeoutMs)).catch((error: unknown) => {
    assert.ok(error instanceof OutgoingError, String(error));
    return error;
  });
}

test("a webhook is asked by a signed POST, under the question's id", async (context) => {
  const receiver = await startReceiver(context);
  await asked(`${receiver.url}/gate`);
  const [got, ...more] = receiver.received;
  assert.deepEqual(more, []);
  assert.deepEqual([got?.method, got?.path], ["POST", "/gate"]);
  assert.deepEqual(JSON.parse(got?.body ?? ""), {
    type: "understudy.gate",
    timestamp: new Date(NOW_MS).toISOString(),
    source: "eu-1",
    data: question,
  });
  const signed = { id: question.id, nowMs: NOW_MS, body: got?.body ?? "" };
  for (const [name, value] of Object.entries(signatureHeaders(SECRET, signed))) {
    assert.equal(got?.headers[name], value);
  }
});

const json = { "content-type": "application/json" };
const answers: readonly { name: string; answering: Answering; expected: HookAnswer }[] = [
  {
    name: "200",
    answering: (to) => to.writeHead(200).end("ok"),
    expected: { outcome: "pass", reason: "answered with status 200" },
  },
  {
    name: "204",
    answering: (to) => to.writeHead(204).end(),
    expected: { outcome: "pass", reason: "answered with status 204" },
  },
  {
    name: "200 with a reason",
    answering: (to) => to.writeHead(200, json).end('{"reason": "anna approves", "more": 1}'),
    expected: { outcome: "pass", reason: "anna approves" },
  },
  {
    name: "202",
    answering: (to) => to.writeHead(202, { "retry-after": "7" }).end(),
    expected: { outcome: "later", reason: "answered with status 202", retryAfterMs: 7_000 },
  },
  ...[409, 412, 422].map((status) => ({
    name: `${status} with a reason that would steer a terminal`,
    answering: ((to) =>
      to.writeHead(status, json).end('{"reason": "not\\u001b[31m on\\nFridays"}')) as Answering,
    expected: { outcome: "fail", reason: "not [31m on Fridays" } as const,
  })),
  {
    name: "422 with garbage",
    answering: (to) => to.writeHead(422, json).end('{"reason": 7, \0'),
    expected: { outcome: "fail", reason: "answered with status 422" },
  },
];

for (const { name, answering, expected } of answers) {
  test(`a webhook that answers ${name} says "${expected.outcome}"`, async (context) => {
    assert.deepEqual(await said(context, answering), expected);
  });
}

test("a long reason is cut", async (context) => {
  const answer = await said(context, (to) =>
    to.writeHead(409, json).end(JSON.stringify({ reason: "x".repeat(5_000) })),
  );
  assert.ok(!(answer instanceof OutgoingError));
  assert.equal(answer.reason.length, 300);
});

const errors: readonly {
  name: string;
  answering: Answering;
  code: OutgoingErrorCode;
  timeoutMs?: number;
}[] = [
  { name: "400", answering: (to) => to.writeHead(400).end(SECRET), code: "refused" },
  { name: "401", answering: (to) => to.writeHead(401).end(SECRET), code: "denied" },
  { name: "404", answering: (to) => to.writeHead(404).end(SECRET), code: "denied" },
  { name: "500", answering: (to) => to.writeHead(500).end(SECRET), code: "failed" },
  { name: "503", answering: (to) => to.writeHead(503).end(SECRET), code: "busy" },
  {
    name: "a redirect to one that would pass",
    answering: (to, { headers }) =>
      to.writeHead(307, { location: `http://${headers.host}/else` }).end(),
    code: "redirected",
  },
  { name: "nothing", answering: () => undefined, code: "unreachable", timeoutMs: 100 },
  {
    name: "200 and then slowly",
    answering: (to) => void to.writeHead(200).write("x"),
    code: "unreachable",
    timeoutMs: 100,
  },
  {
    name: "200 with more than it may",
    answering: (to) => to.writeHead(200).end("x".repeat(100_000)),
    code: "failed",
  },
  {
    name: "409 with more than it may",
    answering: (to) => to.writeHead(409).end("x".repeat(100_000)),
    code: "failed",
  },
  {
    name: "200 that breaks off",
    answering: (to) => {
      to.writeHead(200, { "content-length": 100 }).write("x");
      setImmediate(() => to.destroy());
    },
    code: "unreachable",
  },
];

for (const { name, answering, code, timeoutMs } of errors) {
  test(`a webhook that answers ${name} has said nothing: "${code}"`, async (context) => {
    const error = await said(context, answering, timeoutMs);
    assert.ok(error instanceof OutgoingError, JSON.stringify(error));
    assert.equal(error.code, code);
    assert.doesNotMatch(error.message, /whsec_|http:/);
  });
}

test("a webhook that is not there has said nothing", async () => {
  const error = await asked("http://127.0.0.1:1");
  assert.ok(error instanceof OutgoingError);
  assert.equal(error.code, "unreachable");
});

/** What a program says, of sh. */
async function programSays(context: TestContext, text: string): Promise<HookAnswer> {
  const folder = mkdtempSync(join(tmpdir(), "understudy-hook-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const run = ["sh", "-c", text];
  const common = { name: "smoke", timeout: 1, giveUpAfter: 1, onFailure: "hold" } as const;
  const document = { ...common, onSilence: "hold", type: "command", run, env: [] } as const;
  const environment = { PATH: process.env.PATH ?? "" };
  const ask = commandHook({ kind: "command", document, folder, environment }, { source: "eu-1" });
  return ask(question, AbortSignal.timeout(10_000));
}

const ends: readonly { name: string; text: string; expected: HookAnswer }[] = [
  { name: "0", text: "exit 0", expected: { outcome: "pass", reason: "ended with 0" } },
  {
    name: "0, with a word",
    text: "echo 12 checks passed",
    expected: { outcome: "pass", reason: "12 checks passed" },
  },
  {
    name: "1, with a word",
    text: "echo check 3 failed >&2; exit 1",
    expected: { outcome: "fail", reason: "ended with 1: check 3 failed" },
  },
  { name: "2", text: "exit 2", expected: { outcome: "fail", reason: "ended with 2" } },
  {
    name: "75",
    text: "echo still building; exit 75",
    expected: { outcome: "later", reason: "still building", retryAfterMs: undefined },
  },
];

for (const { name, text, expected } of ends) {
  test(`a program that ends with ${name} says "${expected.outcome}"`, async (context) => {
    assert.deepEqual(await programSays(context, text), expected);
  });
}

test("a program has the question in its variables and on its standard input", async (context) => {
  const names = ["ID", "GATE", "ROLLOUT", "PRIMARY", "CANDIDATE", "TO"];
  const text = `echo ${names.map((name) => `"$UNDERSTUDY_${name}"`).join(" ")}`;
  assert.equal(
    (await programSays(context, text)).reason,
    "test/1/0/0/smoke smoke test v1 v2 shadow 100%",
  );
  const told = { type: "understudy.gate", source: "eu-1", data: question };
  assert.equal((await programSays(context, "cat")).reason, JSON.stringify(told));
});
