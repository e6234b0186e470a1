import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { type TestContext, test } from "node:test";
import {
  type Registry,
  RegistryError,
  type RegistryErrorCode,
} from "../../sidecar/ports/registry.ts";
import { openMlflowRegistry } from "../../sidecar/registry/mlflow.ts";
import { fastClock } from "../support/clock.ts";
import {
  type Answering,
  answerEndlessly,
  type Receiver,
  startReceiver,
} from "../support/receiver.ts";
import { mlflowAt, registrationOf } from "../support/registries.ts";

const TOKEN = "token-that-nobody-is-to-see-51";
const signal = (): AbortSignal => AbortSignal.timeout(20_000);

const json = (response: ServerResponse, status: number, answer: unknown): void => {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
};

/** A server that answers what MLflow never would. */
async function serving(
  context: TestContext,
  answering: Answering,
): Promise<{ readonly registry: Registry; readonly receiver: Receiver }> {
  const receiver = await startReceiver(context, { answering });
  return { receiver, registry: mlflowAt(receiver.url, TOKEN) };
}

const answers: readonly {
  name: string;
  answering: Answering;
  code: RegistryErrorCode;
}[] = [
  { name: "401", answering: (to) => json(to, 401, {}), code: "denied" },
  { name: "403", answering: (to) => json(to, 403, { error_code: "DENIED" }), code: "denied" },
  {
    name: "404 of another server",
    answering: (to) => to.writeHead(404).end("<p>"),
    code: "failed",
  },
  { name: "429", answering: (to) => to.writeHead(429).end(), code: "busy" },
  { name: "500", answering: (to) => to.writeHead(500).end(TOKEN), code: "failed" },
  { name: "503", answering: (to) => to.writeHead(503).end(), code: "busy" },
  { name: "no JSON", answering: (to) => to.writeHead(200).end(`<p>${TOKEN}`), code: "failed" },
  { name: "no object", answering: (to) => json(to, 200, [TOKEN]), code: "failed" },
  {
    name: "an alias of a version that is no number",
    answering: (to) =>
      json(to, 200, { registered_model: { aliases: [{ alias: "champion", version: TOKEN }] } }),
    code: "failed",
  },
  {
    name: "an answer that breaks off",
    answering: (to) => {
      to.writeHead(200, { "content-length": 100 }).write("{");
      setImmediate(() => to.destroy());
    },
    code: "unreachable",
  },
];

for (const { name, answering, code } of answers) {
  test(`${name} is "${code}", and nothing that was answered is in the error`, async (context) => {
    const { registry } = await serving(context, answering);
    const error: unknown = await registry.read("risk", signal()).catch((why: unknown) => why);
    assert.ok(error instanceof RegistryError, String(error));
    assert.equal(error.code, code);
    assert.doesNotMatch(`${error.message}${error.cause}`, new RegExp(`${TOKEN}|http:`));
  });
}

test("a redirect is refused, and the token goes nowhere else", async (context) => {
  const elsewhere = await startReceiver(context);
  const { registry } = await serving(context, (to) =>
    to.writeHead(307, { location: elsewhere.url }).end(),
  );
  await assert.rejects(registry.read("risk", signal()), { code: "refused" });
  assert.deepEqual(elsewhere.received, []);
});

test("a server that never answers is cut in time, and so is one that goes on and on", async (context) => {
  const receiver = await startReceiver(context, { answering: () => undefined });
  const server = { url: new URL(receiver.url), bearer: undefined, ca: undefined };
  const registry = openMlflowRegistry({ server, clock: fastClock(1), timeoutMs: 100 });
  await assert.rejects(registry.read("risk", signal()), { code: "unreachable" });
  receiver.answer(answerEndlessly);
  const patient = openMlflowRegistry({ server, clock: fastClock(1), timeoutMs: 20_000 });
  await assert.rejects(patient.read("risk", signal()), {
    code: "failed",
    message: /8388608 bytes/,
  });
});

test("nobody there is unreachable, and a token that is gone is sent by nobody", async (context) => {
  await assert.rejects(mlflowAt("http://127.0.0.1:1").read("risk", signal()), {
    code: "unreachable",
  });
  const receiver = await startReceiver(context);
  const bearer = { kind: "file", path: "/nowhere/token" } as const;
  const server = { url: new URL(receiver.url), bearer, ca: undefined };
  const registry = openMlflowRegistry({ server, clock: fastClock(1), timeoutMs: 5_000 });
  await assert.rejects(registry.read("risk", signal()), { code: "misconfigured" });
  assert.deepEqual(receiver.received, []);
});

test("each call shows the token, and versions come page by page, at most a thousand", async (context) => {
  const { registry, receiver } = await serving(context, (to, { path }) => {
    const page = Number(new URL(path, "http://test").searchParams.get("page_token") || "0");
    const version = (index: number) => ({ name: "risk", version: `${9_000 - page * 200 - index}` });
    const model_versions = Array.from({ length: 200 }, (_, index) => version(index));
    const pages = { model_versions, next_page_token: String(page + 1) };
    json(to, 200, path.includes("search") ? pages : { registered_model: {} });
  });
  const { versions } = await registry.read("risk", signal());
  assert.deepEqual(
    [versions.length, versions[0]?.version, versions.at(-1)?.version],
    [1_000, 9_000, 8_001],
  );
  assert.equal(receiver.received.length, 6);
  for (const { headers } of receiver.received) {
    assert.equal(headers.authorization, `Bearer ${TOKEN}`);
  }
});

test("a server that keeps artifacts elsewhere gets no version, and the caller is told what to do", async (context) => {
  const { registry, receiver } = await serving(context, (to, { path }) => {
    const run = { info: { run_id: "r1", artifact_uri: "s3://bucket/1/r1/artifacts" } };
    json(to, 200, path.includes("runs") ? { run } : { experiment: { experiment_id: "1" } });
  });
  const asked = registry.register(registrationOf(context, "one"), signal());
  await assert.rejects(asked, { code: "refused", message: /--serve-artifacts/ });
  const versions = receiver.received.filter(({ path }) => path.includes("model-versions/create"));
  assert.deepEqual(versions, []);
});
