import assert from "node:assert/strict";
import { test } from "node:test";
import { examinersCounting } from "../../sidecar/loop/examiner.ts";
import { createMetrics } from "../../sidecar/metrics.ts";
import { answerOf, rulesOf } from "../support/answers.ts";
import { observationWith, planWith } from "../support/evidence.ts";

test("a body that can't be read is counted for the variant that sent it, and the pair is compared all the same", async () => {
  const metrics = createMetrics();
  const examine = examinersCounting({ metrics, steadyMs: () => 0, random: () => 0 })({
    ...planWith([]),
    compare: rulesOf(),
  });
  const sound = answerOf("{}");
  const broken = answerOf("{");
  const comparisons = [
    examine(observationWith({ answer: sound, shadow: broken })),
    examine(observationWith({ served: "candidate", answer: broken, shadow: sound })),
    examine(observationWith({ answer: sound, shadow: sound })),
    examine(observationWith({ answer: broken })),
  ];
  assert.deepEqual(
    comparisons.map(({ comparison }) => comparison?.equal),
    [false, false, true, undefined],
  );
  const { values } = await metrics.undecodable.get();
  assert.deepEqual(
    values.map(({ labels, value }) => ({ ...labels, value })),
    [{ variant: "candidate", reason: "invalidJson", value: 2 }],
  );
});
