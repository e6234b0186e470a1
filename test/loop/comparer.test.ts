import assert from "node:assert/strict";
import { test } from "node:test";
import { comparersCounting } from "../../sidecar/loop/comparer.ts";
import { createMetrics } from "../../sidecar/metrics.ts";
import { answerOf, rulesOf } from "../support/answers.ts";
import { observationWith } from "../support/evidence.ts";

test("a body that can't be read is counted for the variant that sent it, and the pair is compared all the same", async () => {
  const metrics = createMetrics();
  const compare = comparersCounting(metrics)(rulesOf());
  const sound = answerOf("{}");
  const broken = answerOf("{");
  const comparisons = [
    compare(observationWith({ answer: sound, shadow: broken })),
    compare(observationWith({ served: "candidate", answer: broken, shadow: sound })),
    compare(observationWith({ answer: sound, shadow: sound })),
    compare(observationWith({ answer: broken })),
  ];
  assert.deepEqual(
    comparisons.map((comparison) => comparison?.equal),
    [false, false, true, undefined],
  );
  const { values } = await metrics.undecodable.get();
  assert.deepEqual(
    values.map(({ labels, value }) => ({ ...labels, value })),
    [{ variant: "candidate", reason: "invalidJson", value: 2 }],
  );
});
