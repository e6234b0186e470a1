import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Notice } from "../../sidecar/core/alerts/notice.ts";
import { TellerStage, targetWith } from "../support/tellerStage.ts";

const moves = ["event", "look", "target fails", "target works", "journal fails", "journal works"];
const move = fc.constantFrom(...moves, "crash", "stop");

/** Notices of the log without those that came before under the same id. */
function withoutRepeats(notices: readonly Notice[]): readonly string[] {
  return [
    ...new Set(
      notices.filter(({ kind }) => !["store", "traffic"].includes(kind)).map(({ id }) => id),
    ),
  ];
}

test("through crashes, stops and failures of target and journal, all that is in the log is told in its order, and again only after a crash", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(move, { maxLength: 60 }), async (plan) => {
      const stage = new TellerStage();
      const target = targetWith({ giveUpMs: Number.MAX_SAFE_INTEGER });
      let teller = await stage.open(target);
      await stage.harness.start();
      let isPaused = false;
      let crashes = 0;
      const does: Readonly<Record<string, () => Promise<void> | void>> = {
        event: async () => {
          await stage.command(isPaused ? "resume" : "pause");
          isPaused = !isPaused;
        },
        look: () => stage.look(teller, 400_000),
        "target fails": () => {
          target.channel.failing = { code: "failed" };
        },
        "target works": () => {
          target.channel.failing = undefined;
        },
        "journal fails": () => {
          stage.journalFails = true;
        },
        "journal works": () => {
          stage.journalFails = false;
        },
        crash: async () => {
          stage.journalFails = false;
          crashes += 1;
          teller = await stage.open(target);
        },
        stop: async () => {
          stage.journalFails = false;
          await teller.stop();
          teller = await stage.open(target);
        },
      };
      for (const each of plan) {
        await does[each]?.();
      }
      target.channel.failing = undefined;
      stage.journalFails = false;
      await stage.look(teller, 400_000);
      await stage.look(teller, 400_000);
      const { store } = stage;
      const logged = await store.after(0, await store.head());
      assert.deepEqual(
        withoutRepeats(target.channel.taken),
        logged.map(({ id }) => id),
      );
      const ids = target.channel.taken.map(({ id }) => id);
      assert.ok(crashes > 0 || new Set(ids).size === ids.length);
      assert.deepEqual(stage.buried(), []);
    }),
    { numRuns: 150 },
  );
});
