import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { takeTurns } from "../../bench/rig/cores.ts";

const SCHED = { other: "0", rr: "2", idle: "5" };

/** Field 41 of proc(5)'s stat: the scheduling policy. The second may hold blanks, so fields are counted from its end. */
function policyOf(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[38];
}

test("a process takes turns on its core as it was told last", async () => {
  const child = spawn("sleep", ["60"]);
  await once(child, "spawn");
  const pid = child.pid ?? 0;
  const first = takeTurns(pid, "first");
  const firstPolicy = policyOf(pid);
  const others = (["fair", "idle"] as const).map((turn) => [takeTurns(pid, turn), policyOf(pid)]);
  child.kill();
  await once(child, "exit");
  assert.deepEqual(others, [
    [undefined, SCHED.other],
    [undefined, SCHED.idle],
  ]);
  // Only for those who may: else it says so, and nothing has changed.
  if (first === undefined) {
    assert.equal(firstPolicy, SCHED.rr);
  } else {
    assert.match(first, /compete for a core: chrt: .*not permitted/s);
    assert.equal(firstPolicy, SCHED.other);
  }
});
