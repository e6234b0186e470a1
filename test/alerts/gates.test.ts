import assert from "node:assert/strict";
import { test } from "node:test";
import { lastingOf } from "../../sidecar/core/alerts/lasting.ts";
import { noticeOf } from "../../sidecar/core/alerts/notice.ts";
import type { OnGateFailure } from "../../sidecar/core/rollout/event.ts";
import type { RolloutView } from "../../sidecar/ports.ts";
import { FakeHook } from "../support/fakeHook.ts";
import { GateStage } from "../support/gateStage.ts";

/** A rollout whose gate has said no. */
async function refused(onFailure: OnGateFailure): Promise<GateStage> {
  const stage = new GateStage(new FakeHook({ onFailure }));
  stage.hook.says = { outcome: "fail", reason: "not on Fridays" };
  await stage.untilAsked();
  await stage.settle();
  return stage;
}

/** What goes on in it, and what its log tells of the gate. */
async function toldOf(stage: GateStage): Promise<readonly (readonly string[])[]> {
  const view: RolloutView | undefined = stage.harness.loop.get("test");
  const going = view === undefined ? [] : lastingOf(view, stage.harness.clock.wallMs());
  const events = await stage.harness.store.events("test");
  const logged = events
    .filter(({ kind }) => kind === "gate-failed")
    .map((event) => noticeOf({ id: "1", rollout: "test", event }));
  return [going, logged].map((notices) => notices.map(({ kind, status }) => `${kind} ${status}`));
}

test("a gate that holds a rollout goes on until it is asked again", async () => {
  const stage = await refused("hold");
  assert.deepEqual(await toldOf(stage), [["gate-failed raised"], ["gate-failed raised"]]);
  stage.hook.says = { outcome: "later", reason: "not yet", retryAfterMs: undefined };
  await stage.command("resume");
  const [going] = await toldOf(stage);
  assert.deepEqual(going, []);
});

test("a gate that rolls back has only happened: the rollback goes on", async () => {
  const stage = await refused("rollback");
  assert.deepEqual(await toldOf(stage), [["rolled-back raised"], ["gate-failed happened"]]);
});
