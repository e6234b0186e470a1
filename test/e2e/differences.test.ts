import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { runVerb } from "../../sidecar/cli/run.ts";
import { clientOf } from "../support/client.ts";
import { filterConfig, ROLLOUT, rolloutConfig, USER_HEADER } from "../support/filterConfig.ts";
import { startMesh } from "../support/mesh.ts";
import { type RealSidecar, startRealSidecar } from "../support/realSidecar.ts";
import { until } from "../support/until.ts";
import { startUpstream, type Upstream } from "../support/upstream.ts";

const PLAN = `
apiVersion: understudy.dev/v1alpha1
kind: Rollout
metadata: { name: ${ROLLOUT} }
spec:
  primary: v1
  candidate: v2
  requestTimeout: 1s
  steps:
    - shadow: { percent: 100%, minimum: { pairs: 1000000 } }
  guardrails:
    disagreement: { tolerance: 90% }
  compare:
    samples: { perPath: 2, show: [$.label], redact: [$.patient.age] }
`;

const PAIRS = 30;

function answers(upstream: Upstream, body: object): void {
  upstream.answer = (_, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
}

/** A rollout whose versions answered so many requests differently. */
async function rollOut(context: TestContext): Promise<RealSidecar> {
  const sidecar = await startRealSidecar(context);
  const [v1, v2] = await Promise.all([startUpstream(context, "v1"), startUpstream(context, "v2")]);
  answers(v1, { label: "keep", risk: 0.25, patient: { name: "Ann Bell", age: 41.75 } });
  answers(v2, { label: "call", risk: 0.75, patient: { name: "Eve", age: 14.25 } });
  const mesh = await startMesh(context, {
    ports: { v1: v1.port, v2: v2.port, sidecar: sidecar.grpcPort },
    configuration: filterConfig([rolloutConfig({ requestTimeoutMs: 1000 })]),
  });
  await sidecar.client.apply(PLAN);
  const client = clientOf(context, mesh.port);
  let sent = 0;
  await until(
    async () => {
      sent += 1;
      await client.send({ headers: { [USER_HEADER]: `user-${sent}` } });
      return Number((await sidecar.client.get(ROLLOUT)).pairs) >= PAIRS;
    },
    { deadlineMs: 40_000, what: `${PAIRS} pairs are counted` },
  );
  return sidecar;
}

test("people see some of the pairs that differ in Envoy, and nothing of what is redacted", async (context) => {
  const { grpcPort } = await rollOut(context);
  const lines: string[] = [];
  const code = await runVerb(["differences", ROLLOUT, "--server", `127.0.0.1:${grpcPort}`], {
    out: (text) => lines.push(text),
    err: (text) => lines.push(text),
  });
  const text = lines.join("\n");
  assert.equal(code, 0, text);
  assert.match(text, /^\$\['label'\] \(value\): \d+ of \d+ pairs$/m);
  assert.match(text, /^ {2}"keep" +"call" +\d{4}-.*Z {2}[0-9a-f-]{36}$/m);
  assert.match(text, /^ {2}0\.25 +0\.75 /m);
  assert.match(text, /^ {2}text of 8 +text of 3 /m);
  assert.match(text, /^ {2}number +number /m);
  const withoutTimes = text.replaceAll(/:\d\d\.\d{3}Z/g, "");
  assert.doesNotMatch(withoutTimes, /Ann|Bell|Eve|41\.|14\./);
  assert.equal(text.split("\n").filter((line) => line.includes("keep")).length, 2);
});
