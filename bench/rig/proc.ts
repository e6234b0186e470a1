import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Length of one tick of the CPU times in /proc: USER_HZ is 100 on every Linux that Envoy is built for. */
const TICK_US = 10_000;

/**
 * CPU time of all threads of a process, in microseconds, from the text of /proc/<pid>/stat (proc(5): fields 14 and 15,
 * utime and stime). The second field, the command in brackets, may itself hold blanks and brackets.
 */
export function parseCpuUs(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  if (!Number.isFinite(ticks)) {
    throw new Error(`/proc/<pid>/stat has no CPU times where proc(5) puts them: ${stat.trim()}`);
  }
  return ticks * TICK_US;
}

/** Time that the hypervisor kept all cores from this machine while they had work, in microseconds, from the text of /proc/stat (proc(5): steal); 0 on a machine that can't tell. */
export function parseStolenUs(stat: string): number {
  const steal = /^cpu +(?:\d+ ){7}(\d+)/m.exec(stat)?.[1];
  return Number(steal ?? 0) * TICK_US;
}

/** Time on a core of one thread, in nanoseconds, from the text of its schedstat (Linux, Documentation/scheduler/sched-stats: the first of three numbers). */
export function parseScheduledNs(schedstat: string): number {
  const ns = Number.parseInt(schedstat, 10);
  if (Number.isNaN(ns)) {
    throw new Error(`schedstat does not begin with a time: ${JSON.stringify(schedstat)}`);
  }
  return ns;
}

/** Resident bytes of a process from the text of /proc/<pid>/status (VmRSS). */
export function parseResidentBytes(status: string): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kibibytes === undefined) {
    throw new Error("/proc/<pid>/status has no VmRSS: the process has ended");
  }
  return Number(kibibytes) * 1024;
}

/** The numbers of a CPU list such as "0-2,5" (cpuset(7)). */
export function parseCpuList(list: string): number[] {
  return list
    .trim()
    .split(",")
    .flatMap((part) => {
      const [first, last = first] = part.split("-").map(Number);
      if (first === undefined || last === undefined || Number.isNaN(first + last)) {
        throw new Error(`not a list of CPUs: ${JSON.stringify(list)}`);
      }
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}

/** CPU time that a running process has used so far, all threads, microseconds. Steps of 10 ms. */
export function cpuUs(pid: number): number {
  return parseCpuUs(readFileSync(`/proc/${pid}/stat`, "utf8"));
}

/** CPU time that the threads of a running process have used so far, microseconds, as fine as the kernel counts it (schedstat); in steps of 10 ms where it does not say. */
export function threadsCpuUs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`).map((id) => `/proc/${pid}/task/${id}/schedstat`);
  if (!threads.every(existsSync)) {
    return cpuUs(pid);
  }
  const nanoseconds = threads.map((file) => parseScheduledNs(readFileSync(file, "utf8")));
  return nanoseconds.reduce((sum, ns) => sum + ns, 0) / 1000;
}

/** Time that the hypervisor has kept all cores from this machine so far, microseconds. Steps of 10 ms. */
export function stolenUs(): number {
  return parseStolenUs(readFileSync("/proc/stat", "utf8"));
}

/** Resident memory of a running process in bytes. */
export function residentBytes(pid: number): number {
  return parseResidentBytes(readFileSync(`/proc/${pid}/status`, "utf8"));
}
