import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { emptyEvidence } from "../../sidecar/core/evidence/evidence.ts";
import type { RolloutEvent } from "../../sidecar/core/rollout/event.ts";
import {
  KEYS_MAX,
  type RememberedKey,
  recall,
  remember,
} from "../../sidecar/core/rollout/requestKey.ts";
import { errorRate, planWith } from "../support/evidence.ts";

const evidence = emptyEvidence(planWith([errorRate]));

function asked(text: string, digest = "d", by = "anna"): RolloutEvent {
  const cause = { kind: "command", by, key: { text, digest } } as const;
  return { kind: "paused", atMs: 1, reason: "", evidence, cause };
}

function after(events: readonly RolloutEvent[]): readonly RememberedKey[] | undefined {
  return events.reduce<{ keys?: readonly RememberedKey[] }>(
    ({ keys }, event) => remember(keys, event),
    {},
  ).keys;
}

test("a key is remembered with its request, and other callers may use it for theirs", () => {
  const keys = after([asked("one")]);
  const key = { text: "one", digest: "d" };
  assert.equal(recall(keys, { by: "anna", key }), "repeated");
  assert.equal(recall(keys, { by: "anna", key: { ...key, digest: "e" } }), "other");
  assert.equal(recall(keys, { by: "ben", key }), "new");
  assert.equal(recall(keys, { by: "anna", key: { ...key, text: "two" } }), "new");
  assert.equal(recall(keys, { by: "anna" }), "new");
  assert.equal(recall(undefined, { by: "anna", key }), "new");
});

test("the last keys are remembered, up to the bound, and one more forgets the oldest alone", () => {
  const events = Array.from({ length: KEYS_MAX + 1 }, (_, index) => asked(`key-${index}`));
  const [full, over] = [after(events.slice(0, -1)), after(events)];
  const known = (keys: typeof full, index: number) =>
    recall(keys, { by: "anna", key: { text: `key-${index}`, digest: "d" } });
  assert.equal(full?.length, KEYS_MAX);
  assert.equal(known(full, 0), "repeated");
  assert.equal(over?.length, KEYS_MAX);
  assert.equal(known(over, 0), "new");
  assert.equal(known(over, 1), "repeated");
  assert.equal(known(over, KEYS_MAX), "repeated");
});

test("what has no key leaves the keys as they were", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1, maxLength: 64 })), (texts) => {
      const keys = after(texts.map((text) => asked(text)));
      const silent: RolloutEvent = {
        ...{ kind: "resumed", atMs: 1, reason: "", evidence },
        cause: { kind: "command", by: "anna" },
      };
      const raised = { kind: "anomaly-raised", atMs: 1, reason: "", anomaly: "drift" } as const;
      assert.deepEqual(remember(remember(keys, silent).keys, raised).keys, keys);
    }),
  );
});
