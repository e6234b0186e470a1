import assert from "node:assert/strict";
import { test } from "node:test";
import { sameTarget, targetOf } from "../../sidecar/core/target.ts";
import { errorRate, planWith } from "../support/evidence.ts";

const plan = { ...planWith([errorRate]), name: "risk", primary: "v1", candidate: "v2" };
const target = targetOf({ ...plan, requestTimeoutMs: 700 });

test("a plan's traffic is about its name, its versions and its timeout", () => {
  assert.deepEqual(target, {
    rollout: "risk",
    primary: "v1",
    candidate: "v2",
    requestTimeoutMs: 700,
  });
});

test("targets that differ anywhere are not the same", () => {
  assert.ok(sameTarget(target, { ...target }));
  const others = [
    { rollout: "x" },
    { primary: "x" },
    { candidate: "x" },
    { requestTimeoutMs: 1 },
    { actuator: { kind: "xds" } as const },
  ];
  assert.deepEqual(
    others.filter((part) => sameTarget(target, { ...target, ...part })),
    [],
  );
});

test("filters write the traffic of a plan that does not say who does", () => {
  assert.ok(sameTarget(target, { ...target, actuator: { kind: "filters" } }));
});
