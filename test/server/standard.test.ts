import assert from "node:assert/strict";
import { get, type IncomingMessage } from "node:http";
import { type TestContext, test } from "node:test";
import { credentials, loadPackageDefinition, makeGenericClientConstructor } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { service as healthService, protoPath } from "grpc-health-check";
import { planText, startTestSidecar } from "../support/testSidecar.ts";

type Call = (request: object, done: (error: Error | null, response: object) => void) => void;

test("a standard health client is told that each service serves", async (context) => {
  const { grpc } = await startTestSidecar(context);
  assert.match(protoPath, /health/);
  const Health = makeGenericClientConstructor(healthService, "Health");
  const client = new Health(grpc, credentials.createInsecure());
  context.after(() => client.close());
  const check: Call = (request, done) => Object(client).check(request, done);
  for (const service of ["", "understudy.v1.ObserveService", "understudy.v1.RolloutService"]) {
    const response = await new Promise((resolve, reject) =>
      check({ service }, (error, answer) => (error === null ? resolve(answer) : reject(error))),
    );
    assert.deepEqual(response, { status: "SERVING" });
  }
});

/** The reflection protocol, as any client has it; its messages are from grpc/reflection/v1/reflection.proto. */
function reflectionClient(context: TestContext, address: string) {
  const file = new URL(
    "../../node_modules/@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto",
    import.meta.url,
  );
  const loaded = loadPackageDefinition(loadSync(file.pathname));
  const Reflection = Object(loaded).grpc.reflection.v1.ServerReflection;
  const client = new Reflection(address, credentials.createInsecure());
  context.after(() => client.close());
  return client;
}

test("a standard reflection client finds the services and their files", async (context) => {
  const { grpc } = await startTestSidecar(context);
  const call = reflectionClient(context, grpc).ServerReflectionInfo();
  const ask = (request: object): Promise<object> =>
    new Promise((resolve, reject) => {
      call.once("data", resolve);
      call.once("error", reject);
      call.write(request);
    });
  const listed = JSON.stringify(await ask({ listServices: "*" }));
  assert.match(listed, /understudy\.v1\.ObserveService/);
  assert.match(listed, /understudy\.v1\.RolloutService/);
  const symbol = "understudy.v1.RolloutService";
  const described = Object(await ask({ fileContainingSymbol: symbol }));
  assert.ok(described.fileDescriptorResponse.fileDescriptorProto.length > 0);
  call.end();
});

test("/metrics tells of rollouts in the text format of Prometheus", async (context) => {
  const { client, http } = await startTestSidecar(context);
  await client.apply(planText());
  const response = await fetch(`http://${http}/metrics`);
  assert.match(response.headers.get("content-type") ?? "", /^text\/plain/);
  const text = await response.text();
  assert.match(text, /^understudy_rollout_shadow_bp\{rollout="test"\} 10000$/m);
  assert.match(text, /^understudy_rollout_phase\{rollout="test",phase="progressing"\} 1$/m);
});

test("case 65: a request for another host is refused on every path", async (context) => {
  const { http } = await startTestSidecar(context);
  const [host = "", port = ""] = http.split(":");
  for (const path of ["/", "/metrics", "/healthz", "/readyz"]) {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get({ host, port, path, headers: { host: "evil.example" } }, resolve).on("error", reject);
    });
    assert.equal(response.statusCode, 421, path);
    response.resume();
  }
});

const answers: readonly { path: string; method?: string; expected: number }[] = [
  { path: "/healthz", expected: 200 },
  { path: "/readyz", expected: 200 },
  { path: "/readyz?verbose", expected: 200 },
  { path: "/", expected: 404 },
  { path: "/metrics/../etc/passwd", expected: 404 },
  { path: "/metrics", method: "POST", expected: 405 },
  { path: "/metrics", method: "HEAD", expected: 200 },
];

for (const { path, method = "GET", expected } of answers) {
  test(`${method} ${path} is answered with ${expected}`, async (context) => {
    const { http } = await startTestSidecar(context);
    assert.equal((await fetch(`http://${http}${path}`, { method })).status, expected);
  });
}
