import assert from "node:assert/strict";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import type { Comparison } from "../../sidecar/core/compare/comparison.ts";
import { compileRules } from "../../sidecar/core/compare/rules.ts";
import { failed } from "../../sidecar/core/evidence/outcome.ts";
import { comparePair } from "../../sidecar/decode/comparePair.ts";
import { rulesOf } from "../support/answers.ts";
import { failing, score, scoring, setCallStage, silent, watch } from "../support/callStage.ts";
import { decodedObservation } from "../support/decoded.ts";
import { sendHttp2 } from "../support/http2Client.ts";
import { framed, SCORE_PATH, schemaOf, scoreAnswer } from "../support/scorer.ts";
import type { Seen, SeenAnswer } from "../support/seen.ts";
import { until } from "../support/until.ts";

const rules = compileRules(rulesOf({ grpc: schemaOf() }));
const LOW = { risk: "RISK_LOW", score: 0.25, model_version: "v1" };

function compared(seen: Seen | undefined): Comparison {
  assert(seen !== undefined);
  const comparison = comparePair(decodedObservation(seen), rules);
  assert(comparison !== undefined);
  return comparison;
}

/** The failure and the call's status, as the filter told them. */
function outcome(answer: SeenAnswer | null | undefined): readonly unknown[] {
  return [answer?.failure.slice("FAILURE_".length), answer?.grpcStatus];
}

test("a unary call is answered by the primary, and its pair compared field by field", async (context) => {
  const { v1, v2, sidecar, client } = await setCallStage(context);
  v1.score = scoring(LOW);
  v2.score = scoring(LOW);
  assert.deepEqual(await score(client), scoreAnswer(LOW));
  const [same] = await sidecar.seen(1);
  v2.score = scoring({ ...LOW, score: 0.75 });
  assert.deepEqual(await score(client), scoreAnswer(LOW));
  const [, other] = await sidecar.seen(2);
  assert.deepEqual([compared(same).method, compared(same).equal], ["protobuf", true]);
  assert.deepEqual(compared(other).differences, [{ path: "$['score']", kind: "value" }]);
});

test("a copied call has the message of the user's, its mark, and no deadline beyond the copy's", async (context) => {
  const { v1, v2, sidecar, client } = await setCallStage(context);
  await score(client);
  await sidecar.seen(1);
  const [own] = v1.asked;
  const [copy] = v2.asked;
  assert.deepEqual(copy?.message, own?.message);
  assert.deepEqual(
    [own, copy].map((asked) => asked?.metadata.get("x-understudy-shadow").join()),
    ["", "1"],
  );
  assert.ok((own?.allowedMs ?? 0) > 5000, `${own?.allowedMs}`);
  assert.equal(copy?.allowedMs, Number.POSITIVE_INFINITY);
});

test("the status of a call is its outcome: one that the variant is at fault for has failed", async (context) => {
  const { v1, v2, sidecar, client } = await setCallStage(context);
  v1.score = failing(status.NOT_FOUND, "no such patient");
  v2.score = failing(status.INTERNAL, "broken");
  const got = await score(client);
  assert(!Buffer.isBuffer(got));
  assert.deepEqual([got.code, got.details], [status.NOT_FOUND, "no such patient"]);
  const [seen] = await sidecar.seen(1);
  assert.deepEqual(outcome(seen?.answer), ["UNSPECIFIED", status.NOT_FOUND]);
  assert.deepEqual(outcome(seen?.shadow), ["UNSPECIFIED", status.INTERNAL]);
  assert(seen !== undefined);
  const { answer, shadow } = decodedObservation(seen);
  assert(shadow !== undefined);
  assert.deepEqual([answer.status, shadow.status], [200, 200]);
  assert.deepEqual([failed(answer), failed(shadow)], [false, true]);
  assert.deepEqual(compared(seen).differences, [{ path: "grpcStatus", kind: "value" }]);
});

test("a candidate that is silent, or away, does not fail by its own answer", async (context) => {
  const { v1, v2, sidecar, client } = await setCallStage(context);
  v1.score = scoring(LOW);
  v2.score = silent;
  assert.deepEqual(await score(client), scoreAnswer(LOW));
  const [late] = await sidecar.seen(1);
  v2.stop();
  assert.deepEqual(await score(client), scoreAnswer(LOW));
  const [, away] = await sidecar.seen(2);
  assert.deepEqual(
    [late, away].map((seen) => seen?.shadow?.failure),
    ["FAILURE_TIMEOUT", "FAILURE_UNREACHABLE"],
  );
});

test("a primary that is away is told from one that answers UNAVAILABLE", async (context) => {
  const { v1, sidecar, client } = await setCallStage(context, { fields: { shadowBp: 0 } });
  v1.score = failing(status.UNAVAILABLE, "too busy");
  await score(client);
  const [own] = await sidecar.seen(1);
  v1.stop();
  await score(client);
  const [, away] = await sidecar.seen(2);
  assert.deepEqual(outcome(own?.answer), ["UNSPECIFIED", status.UNAVAILABLE]);
  assert.deepEqual(outcome(away?.answer), ["UNREACHABLE", status.UNAVAILABLE]);
});

test("a stream reaches the user as it is sent, is counted, and reported with its status", async (context) => {
  const { v1, v2, sidecar, mesh, client } = await setCallStage(context);
  let end = (): void => undefined;
  v1.watch = (call) => {
    call.write(scoreAnswer(LOW));
    end = () => {
      call.write(scoreAnswer({}));
      call.end();
    };
  };
  const { messages, ended } = watch(client);
  await until(() => messages.length === 1, { deadlineMs: 15_000, what: "the first message" });
  assert.equal(await mesh.counted("drops_streaming", 1), 1);
  assert.deepEqual(sidecar.observations(), []);
  end();
  assert.equal(await ended, status.OK);
  assert.deepEqual(messages, [scoreAnswer(LOW), scoreAnswer({})]);
  const [seen] = await sidecar.seen(1);
  assert.deepEqual(outcome(seen?.answer), ["UNSPECIFIED", status.OK]);
  assert.equal(seen?.shadow, null);
  assert.deepEqual(v2.asked, []);
});

test("a stream that is declared unary by mistake reaches the user, and is undecodable", async (context) => {
  const paths = [{ template: "/test.v1.Scorer/{method}", grpc: "unary" }];
  const { v1, v2, sidecar, client } = await setCallStage(context, { paths });
  for (const server of [v1, v2]) {
    server.watch = (call) => {
      call.write(scoreAnswer(LOW));
      call.write(scoreAnswer({}));
      call.end();
    };
  }
  const { messages, ended } = watch(client);
  assert.equal(await ended, status.OK);
  assert.equal(messages.length, 2);
  const [seen] = await sidecar.seen(1);
  assert.deepEqual(compared(seen).undecodable, [
    { variant: "primary", reason: "grpcMessages" },
    { variant: "candidate", reason: "grpcMessages" },
  ]);
});

test("a call declared unary that sends two messages reaches its variant, and no other", async (context) => {
  const { v1, v2, sidecar, mesh } = await setCallStage(context);
  const headers = { ":path": SCORE_PATH, "content-type": "application/grpc", te: "trailers" };
  const message = framed(Buffer.from([0x0a, 1, 0x61]));
  const [got] = await sendHttp2(mesh.port, [{ headers, chunks: [message, message] }]);
  assert.equal(got?.status, 200);
  assert.equal(await mesh.counted("drops_streaming", 1), 1);
  const [seen] = await sidecar.seen(1);
  assert.equal(seen?.shadow, null);
  assert.deepEqual([v1.asked.length <= 1, v2.asked.length], [true, 0]);
});
