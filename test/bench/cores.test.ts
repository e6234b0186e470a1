import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { runWhenIdle } from "../../bench/rig/cores.ts";

const SCHED_IDLE = "5";

/** Field 41 of proc(5)'s stat: the scheduling policy. The second may hold blanks, so fields are counted from its end. */
function policyOf(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[38];
}

test("a process that is to run when its core is idle is scheduled so", async () => {
  const child = spawn("sleep", ["60"]);
  await once(child, "spawn");
  const why = runWhenIdle(child.pid ?? 0);
  const policy = policyOf(child.pid ?? 0);
  child.kill();
  await once(child, "exit");
  assert.equal(why, undefined);
  assert.equal(policy, SCHED_IDLE);
});
