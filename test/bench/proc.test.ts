import assert from "node:assert/strict";
import { test } from "node:test";
import {
  parseCpuList,
  parseCpuUs,
  parseResidentBytes,
  parseScheduledNs,
  parseStolenUs,
  threadsCpuUs,
} from "../../bench/rig/proc.ts";

const statOf = (command: string): string =>
  `4242 (${command}) S 1 4242 4242 0 -1 4194560 6216 0 0 0 1501 249 11 12 20 0 9 0 88114 2342 16042 18446744073709551615\n`;

test("CPU time is user and system time in microseconds, without that of children", () => {
  assert.equal(parseCpuUs(statOf("envoy")), 17_500_000);
});

test("a command's name with blanks and brackets does not shift the fields", () => {
  assert.equal(parseCpuUs(statOf("wrk:worker_0) R 1 (x")), 17_500_000);
});

test("a stat without CPU times is refused", () => {
  assert.throws(() => parseCpuUs("4242 (envoy) S 1"), /no CPU times/);
});

test("a thread's time on a core is the first number of its schedstat", () => {
  assert.equal(parseScheduledNs("130775048 54214681 1427\n"), 130_775_048);
  assert.throws(() => parseScheduledNs("\n"), /does not begin with a time/);
});

test("the threads of a process have used time on a core, and ever more of it", () => {
  const before = threadsCpuUs(process.pid);
  assert.ok(before > 0);
  const user = process.cpuUsage().user;
  while (process.cpuUsage().user < user + 30_000);
  assert.ok(threadsCpuUs(process.pid) > before);
});

test("resident memory is VmRSS in bytes", () => {
  const status = "Name:\tenvoy\nVmHWM:\t   99000 kB\nVmRSS:\t   60416 kB\nRssAnon:\t    9088 kB\n";
  assert.equal(parseResidentBytes(status), 61_865_984);
});

test("the status of an ended process, which has no VmRSS, is refused", () => {
  assert.throws(() => parseResidentBytes("Name:\tenvoy\nState:\tZ (zombie)\n"), /has ended/);
});

for (const { given, expected } of [
  { given: "0", expected: [0] },
  { given: "0-1\n", expected: [0, 1] },
  { given: "2,4-6,9", expected: [2, 4, 5, 6, 9] },
]) {
  test(`the CPU list ${JSON.stringify(given)} is ${expected}`, () => {
    assert.deepEqual(parseCpuList(given), expected);
  });
}

test("what is not a CPU list is refused", () => {
  assert.throws(() => parseCpuList("all"), /not a list of CPUs/);
});

test("stolen time is that of all cores in microseconds, and none where the machine can't tell", () => {
  const cores = "cpu0 1901834 42174 236440 1207682 2199 0 31748 31311 0 0\n";
  const stat = `cpu  3844101 84901 500683 2347444 6399 0 60789 61968 0 0\n${cores}intr 9 8\n`;
  assert.equal(parseStolenUs(stat), 619_680_000);
  assert.equal(parseStolenUs("cpu  1 2 3 4\n"), 0);
});
