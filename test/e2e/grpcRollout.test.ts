import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Client, status } from "@grpc/grpc-js";
import { type CallServer, failing, score, scoring, startCallMesh } from "../support/callStage.ts";
import { ROLLOUT } from "../support/filterConfig.ts";
import { ended, type RealSidecar, startRealSidecar } from "../support/realSidecar.ts";
import { DESCRIPTORS } from "../support/scorer.ts";

const ERRORS = "errorRate: { margin: 2, tolerance: 10% }";
const ANSWERS = "disagreement: { of: answer, tolerance: 10% }";

const planWith = (guardrail: string): string => `
apiVersion: understudy.dev/v1alpha1
kind: Rollout
metadata: { name: ${ROLLOUT} }
spec:
  primary: v1
  candidate: v2
  requestTimeout: 1s
  steps:
    - canary: { weight: 50%, shadowPercent: 100%, minimum: { pairs: 50 } }
  guardrails:
    ${guardrail}
  breaker: off
  alpha: { rollback: 0.01, promotion: 0.05 }
  compare:
    ignore: [$.model_version]
    tolerances: [{ path: $.score, absolute: 0.02 }]
    grpc: { descriptorSet: ${DESCRIPTORS.toString("base64")} }
`;

const LOW = { risk: "RISK_LOW", score: 0.25, model_version: "v1" };
const ALIKE = { risk: "RISK_LOW", score: 0.26, model_version: "v2" };
const CALLERS = 8;

/** Calls again and again until the test ends. */
function keepCalling(context: TestContext, client: Client): void {
  let isOver = false;
  const caller = async (): Promise<void> => {
    while (!isOver) {
      await score(client);
    }
  };
  const callers = Array.from({ length: CALLERS }, caller);
  context.after(async () => {
    isOver = true;
    await Promise.all(callers);
  });
}

/** A rollout from v1 to v2 under a guardrail, with users who call all the time. */
async function rollOut(
  context: TestContext,
  guardrail: string,
  candidate: CallServer["score"],
): Promise<RealSidecar> {
  const sidecar = await startRealSidecar(context);
  const { v1, v2, client } = await startCallMesh(context, { sidecar: sidecar.grpcPort });
  v1.score = scoring(LOW);
  v2.score = candidate;
  keepCalling(context, client);
  await sidecar.client.apply(planWith(guardrail));
  return sidecar;
}

/** Answers one in so many calls otherwise. */
function sometimes(every: number, otherwise: CallServer["score"]): CallServer["score"] {
  let count = 0;
  return (answer) => {
    count += 1;
    (count % every === 0 ? otherwise : scoring(ALIKE))(answer);
  };
}

test("a candidate whose messages are alike by the plan's rules is promoted", async (context) => {
  const sidecar = await rollOut(context, ANSWERS, scoring(ALIKE));
  const { pairs } = await sidecar.rollout(ROLLOUT, ended("promoted"));
  assert.ok(Number(pairs) >= 50);
});

test("a candidate that answers another risk is rolled back, and the field is named", async (context) => {
  const sidecar = await rollOut(
    context,
    ANSWERS,
    sometimes(2, scoring({ ...ALIKE, risk: "RISK_HIGH" })),
  );
  const { differences, reason } = await sidecar.rollout(ROLLOUT, ended("rolled back"));
  assert.match(reason, /disagreement/);
  assert.deepEqual(
    differences?.map(({ path }) => path),
    ["$['risk']"],
  );
});

test("a candidate whose calls fail with HTTP status 200 is rolled back for its errors", async (context) => {
  const sidecar = await rollOut(context, ERRORS, sometimes(4, failing(status.INTERNAL, "broken")));
  const { reason, verdict } = await sidecar.rollout(ROLLOUT, ended("rolled back"));
  assert.match(reason, /errorRate/);
  assert.deepEqual([verdict?.guardrails?.[0]?.primary], [0]);
  assert.ok((verdict?.guardrails?.[0]?.candidate ?? 0) > 0.1);
});
