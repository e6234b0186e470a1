import assert from "node:assert/strict";
import { test } from "node:test";
import { Delivery } from "../../sidecar/loop/delivery.ts";
import { createMetrics } from "../../sidecar/metrics.ts";
import { type Actuator, ActuatorError } from "../../sidecar/ports.ts";
import { canary, one, shadow } from "../support/connectedFilter.ts";

test("what is in force stays known, and so does its generation, while nothing else can be applied", async () => {
  const answers = [
    async () => undefined,
    () => Promise.reject(new ActuatorError("denied", "the proxy says no")),
  ];
  const refusing: Actuator = {
    read: async () => ({ inForce: shadow, generation: 7, problem: undefined }),
    apply: async () => {
      await answers.shift()?.();
    },
  };
  let nowMs = 0;
  const silent = () => undefined;
  const delivery = new Delivery("one", {
    actuator: refusing,
    clock: { wallMs: () => 0, steadyMs: () => nowMs },
    random: () => 0,
    log: { info: silent, warn: silent, error: silent },
    metrics: createMetrics(),
  });
  delivery.want({ target: one, traffic: canary });
  await delivery.settled();
  assert.equal(delivery.inForce, undefined);
  nowMs += 60_000;
  delivery.poll();
  await delivery.settled();
  assert.deepEqual(
    [delivery.inForce, delivery.generation, delivery.problem],
    [shadow, 7, "denied: the proxy says no"],
  );
});
