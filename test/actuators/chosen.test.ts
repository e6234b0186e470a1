import assert from "node:assert/strict";
import { test } from "node:test";
import { ChosenActuator } from "../../sidecar/actuators/chosen.ts";
import { MemoryActuator } from "../../sidecar/actuators/memory.ts";
import { type Actuator, ActuatorError } from "../../sidecar/ports.ts";
import { canary, one } from "../support/connectedFilter.ts";

const signal = new AbortController().signal;
const byXds = { ...one, actuator: { kind: "xds" } } as const;

test("traffic is written by the actuator that the plan chooses, and by no other", async () => {
  const filters: Actuator = new MemoryActuator();
  const xds = new MemoryActuator();
  const chosen = new ChosenActuator({ byKind: { filters, xds }, flags: {} });
  await chosen.apply(byXds, canary, signal);
  assert.equal((await filters.read(one, signal)).inForce, undefined);
  assert.deepEqual((await chosen.read(byXds, signal)).inForce, canary);
});

test("filters write the traffic of plans that choose nothing", async () => {
  const filters: Actuator = new MemoryActuator();
  const chosen = new ChosenActuator({ byKind: { filters }, flags: {} });
  await chosen.apply(one, canary, signal);
  assert.deepEqual((await filters.read(one, signal)).inForce, canary);
});

test("an actuator that the sidecar was started without is missing, and the flag is named", async () => {
  const flags = { xds: "--xds FILE" };
  const chosen = new ChosenActuator({ byKind: { filters: new MemoryActuator() }, flags });
  const missing = new ActuatorError(
    "missing",
    "the plan's actuator xds takes a sidecar with --xds FILE",
  );
  await assert.rejects(chosen.read(byXds, signal), missing);
  await assert.rejects(chosen.apply(byXds, canary, signal), missing);
});
