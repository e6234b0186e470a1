import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { modelServer } from "../../examples/patient-risk/api.ts";
import { type Faults, oneInTen } from "../../examples/patient-risk/faults.ts";
import { loadModel } from "../../examples/patient-risk/model.ts";

const model = await loadModel("v2");
const ROW = [0, 0, 6.4089, 0, 1, 17.2, 0, 1, 0];
const TENSOR = { name: "features", datatype: "FP32", shape: [1, 9], data: ROW };
const INFER = "/v2/models/patient-risk/infer";

type Ask = (
  path: string,
  init?: RequestInit,
) => Promise<{ readonly status: number; readonly body: unknown }>;

async function serve(context: TestContext, faults?: Faults): Promise<Ask> {
  const server = modelServer(model, faults);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const { port } = address;
  return async (path, init) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
    return { status: response.status, body: await response.json() };
  };
}

function post(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return {
    method: "POST",
    headers,
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}

test("health, readiness and metadata are those of the protocol", async (context) => {
  const ask = await serve(context);
  assert.deepEqual((await ask("/v2/health/live")).body, { live: true });
  assert.deepEqual((await ask("/v2/health/ready")).body, { ready: true });
  assert.deepEqual((await ask("/v2/models/patient-risk/ready")).body, {
    name: "patient-risk",
    ready: true,
  });
  assert.deepEqual((await ask("/v2/models/patient-risk/versions/v2")).body, {
    name: "patient-risk",
    versions: ["v2"],
    platform: "onnx_onnxv1",
    inputs: [{ name: "features", datatype: "FP32", shape: [-1, 9] }],
    outputs: [
      { name: "label", datatype: "INT64", shape: [-1] },
      { name: "probability", datatype: "FP32", shape: [-1] },
    ],
  });
});

test("a row is answered with its label and probability", async (context) => {
  const ask = await serve(context);
  const answer = {
    model_name: "patient-risk",
    model_version: "v2",
    id: "a",
    outputs: [
      { name: "label", datatype: "INT64", shape: [1], data: [1] },
      { name: "probability", datatype: "FP32", shape: [1], data: [0.4407684] },
    ],
  };
  const body = { id: "a", inputs: [TENSOR] };
  assert.deepEqual(await ask(INFER, post(body)), { status: 200, body: answer });
  const versioned = "/v2/models/patient-risk/versions/v2/infer";
  assert.deepEqual(await ask(versioned, post(body)), { status: 200, body: answer });
});

test("rows may be nested, and outputs asked for by name", async (context) => {
  const ask = await serve(context);
  const inputs = [{ ...TENSOR, shape: [2, 9], data: [ROW, ROW] }];
  assert.deepEqual((await ask(INFER, post({ inputs, outputs: [{ name: "label" }] }))).body, {
    model_name: "patient-risk",
    model_version: "v2",
    outputs: [{ name: "label", datatype: "INT64", shape: [2], data: [1, 1] }],
  });
});

test("bad input is refused with what is wrong, and the next request is answered", async (context) => {
  const ask = await serve(context);
  const cases = [
    { given: "{", error: "the body is not JSON" },
    { given: [], error: "the body must be an object" },
    { given: { id: 1, inputs: [TENSOR] }, error: "id must be a string of at most 256 characters" },
    { given: {}, error: 'inputs must hold one tensor, "features"' },
    { given: { inputs: [TENSOR, TENSOR] }, error: 'inputs must hold one tensor, "features"' },
    { given: { inputs: [null] }, error: "inputs[0] must be an object" },
    {
      given: { inputs: [{ ...TENSOR, name: "x" }] },
      error: 'inputs[0].name must be "features"',
    },
    {
      given: { inputs: [{ ...TENSOR, datatype: "BYTES" }] },
      error: 'inputs[0].datatype must be "FP32"',
    },
    ...[[9], [0, 9], [65, 9], [1, 8], [1, 9, 1], [1.5, 9], "1,9"].map((shape) => ({
      given: { inputs: [{ ...TENSOR, shape }] },
      error: "inputs[0].shape must be [n, 9] with n from 1 to 64",
    })),
    {
      given: { inputs: [{ ...TENSOR, data: ROW.slice(1) }] },
      error: "inputs[0].data must hold 9 numbers, as its shape says",
    },
    ...["1", null, 1e39].map((value) => ({
      given: { inputs: [{ ...TENSOR, data: [value, ...ROW.slice(1)] }] },
      error: "inputs[0].data[0] must be a finite FP32 number",
    })),
    {
      given: { inputs: [TENSOR], outputs: [{ name: "x" }] },
      error: "outputs must name each of label, probability at most once",
    },
  ];
  for (const { given, error } of cases) {
    assert.deepEqual(await ask(INFER, post(given)), { status: 400, body: { error } });
  }
  assert.equal((await ask(INFER, post({ inputs: [TENSOR] }))).status, 200);
});

test("a body over the limit, an unknown path and a wrong method are refused", async (context) => {
  const ask = await serve(context);
  assert.equal((await ask(INFER, post(" ".repeat(64 * 1024 + 1)))).status, 413);
  assert.equal((await ask("/v2/models/other/infer", post({}))).status, 404);
  assert.equal((await ask("/v2/models/patient-risk/versions/v1")).status, 404);
  assert.equal((await ask(INFER)).status, 405);
  assert.equal((await ask("/v2/health/live", post({}))).status, 405);
});

test("shadow requests are counted apart from those of users", async (context) => {
  const ask = await serve(context);
  const before = Date.now();
  await ask(INFER, post({ inputs: [TENSOR] }));
  await ask(INFER, post({ inputs: [TENSOR] }, { "x-understudy-shadow": "1" }));
  await ask(INFER, post({ inputs: [TENSOR] }, { "x-understudy-shadow": "1" }));
  const { lastUserRequestUnixMs, ...counts }: Record<string, unknown> = {
    ...Object((await ask("/stats")).body),
  };
  assert.deepEqual(counts, { version: "v2", userRequests: 1, shadowRequests: 2 });
  assert.ok(Number(lastUserRequestUnixMs) >= before);
});

test("one request in ten meets a fault, half of them stalls, the same for the same seed", () => {
  const drawn = (seed: number): string[] => Array.from({ length: 20_000 }, oneInTen(seed));
  const faults = drawn(4);
  const share = (fault: string): number => faults.filter((one) => one === fault).length / 20_000;
  assert.ok(Math.abs(share("error") - 0.05) < 0.005);
  assert.ok(Math.abs(share("stall") - 0.05) < 0.005);
  assert.deepEqual(faults, drawn(4));
});

test("an injected error is a 500, and a stall is no answer", async (context) => {
  const fates = ["error", "stall", "none"] as const;
  let asked = 0;
  const ask = await serve(context, () => fates[asked++] ?? "none");
  assert.equal((await ask(INFER, post({ inputs: [TENSOR] }))).status, 500);
  const impatient = { ...post({ inputs: [TENSOR] }), signal: AbortSignal.timeout(200) };
  await assert.rejects(ask(INFER, impatient), { name: "TimeoutError" });
  assert.equal((await ask(INFER, post({ inputs: [TENSOR] }))).status, 200);
});
