import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { commandHook } from "../../sidecar/hooks/commandHook.ts";
import { webhookHook } from "../../sidecar/hooks/webhookHook.ts";
import { signatureHeaders } from "../../sidecar/outgoing/signature.ts";
import type { RetrainingQuestion } from "../../sidecar/ports/hooks.ts";
import { manualClock } from "../support/clock.ts";
import { startReceiver } from "../support/receiver.ts";

const NOW_MS = 1_800_000_000_000;
const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const question: RetrainingQuestion = {
  id: "e3",
  rollout: "test",
  primary: "v1",
  candidate: "v2",
  model: "risk",
  anomalies: [{ name: "drift age", kind: "drift", sinceMs: NOW_MS - 5, reason: "age: PSI is 1" }],
  features: ["age"],
  reference: { hash: "ab", rows: 100 },
  window: { fromMs: NOW_MS - 10, toMs: NOW_MS, rows: 50 },
};
const common = { timeout: 1, giveUpAfter: 1, onFailure: "hold", onSilence: "hold" } as const;

test("a webhook may be told as a signed CloudEvent, with the evidence as its data", async (context) => {
  const receiver = await startReceiver(context);
  const endpoint = { url: new URL(receiver.url), bearer: undefined, ca: undefined };
  const url = receiver.url;
  const named = { ...common, name: "retrain", url };
  const ask = webhookHook(
    {
      kind: "webhook",
      document: { ...named, type: "webhook", format: "cloudEvents" },
      endpoint,
      secret: { kind: "value", name: "SECRET", value: SECRET },
    },
    { source: "eu-1", clock: manualClock(NOW_MS) },
  );
  assert.equal((await ask(question, AbortSignal.timeout(5_000))).outcome, "pass");
  const [got] = receiver.received;
  const body = got?.body ?? "";
  assert.deepEqual(JSON.parse(body), {
    specversion: "1.0",
    id: "e3",
    source: "eu-1",
    type: "dev.understudy.retraining",
    subject: "test",
    time: new Date(NOW_MS).toISOString(),
    datacontenttype: "application/json",
    data: question,
  });
  assert.equal(got?.headers["content-type"], "application/cloudevents+json; charset=utf-8");
  const signed = signatureHeaders(SECRET, { id: "e3", nowMs: NOW_MS, body });
  assert.equal(got.headers["webhook-signature"], signed["webhook-signature"]);
});

test("a program is told on its standard input, and in variables which rollout it is for", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "understudy-retrain-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const run = ["sh", "-c", 'cat > told.json; echo "$UNDERSTUDY_ROLLOUT $UNDERSTUDY_ID"'];
  const ask = commandHook(
    {
      kind: "command",
      document: { ...common, name: "retrain", type: "command", run, env: [] },
      folder,
      environment: { PATH: process.env.PATH ?? "" },
    },
    { source: "eu-1" },
  );
  const answer = await ask(question, AbortSignal.timeout(5_000));
  assert.deepEqual(answer, { outcome: "pass", reason: "test e3" });
  const told: unknown = JSON.parse(readFileSync(join(folder, "told.json"), "utf8"));
  assert.deepEqual(told, { type: "understudy.retraining", source: "eu-1", data: question });
});
