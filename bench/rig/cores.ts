import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { parseCpuList } from "./proc.ts";

/** Where processes run: the measured Envoy has `front` for itself, everything else shares `rest`. */
export type Cores = { readonly front: number; readonly rest: readonly number[] };

/** The cores, or why nothing can be pinned, in words for the person who reads the figures. */
export type Pinning =
  | { readonly kind: "pinned"; readonly cores: Cores }
  | { readonly kind: "unpinned"; readonly why: string };

/** Pins this process, and what it starts from now on, to all cores that it may use but the first, which is for the front Envoy. */
export function pinSelf(): Pinning {
  if (!existsSync("/proc/self/status")) {
    return { kind: "unpinned", why: "this is not Linux" };
  }
  const allowed = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync("/proc/self/status", "utf8"));
  const [front, ...rest] = parseCpuList(allowed?.[1] ?? "0");
  if (front === undefined || rest.length === 0) {
    return { kind: "unpinned", why: "only one core may be used" };
  }
  const why = pin(process.pid, rest);
  return why === undefined ? { kind: "pinned", cores: { front, rest } } : { kind: "unpinned", why };
}

/** Lets this process, and what it starts from now on, run on every core again: where no Envoy is to have one for itself. */
export function unpinSelf(pinning: Pinning): void {
  if (pinning.kind === "pinned") {
    const { front, rest } = pinning.cores;
    pin(process.pid, [front, ...rest]);
  }
}

/** Gives a running process, all its threads, the front core. Does nothing where nothing can be pinned. */
export function pinToFront(pid: number, pinning: Pinning): void {
  if (pinning.kind === "pinned") {
    const why = pin(pid, [pinning.cores.front]);
    if (why !== undefined) {
      throw new Error(`the front Envoy can't be pinned to its core: ${why}`);
    }
  }
}

/** Pins all threads of a process; undefined when it worked, else why not. */
function pin(pid: number, cores: readonly number[]): string | undefined {
  const taskset = spawnSync("taskset", ["-a", "-p", "-c", cores.join(","), String(pid)]);
  if (taskset.error !== undefined) {
    return "there is no taskset here (it is in the package util-linux)";
  }
  return taskset.status === 0 ? undefined : `taskset: ${String(taskset.stderr).trim()}`;
}

/** Who has a core when several want it: first, by turns like any process, or only when nobody else does. */
export type Turn = "first" | "fair" | "idle";

const POLICIES: Readonly<Record<Turn, readonly string[]>> = {
  first: ["--rr", "--pid", "1"],
  fair: ["--other", "--pid", "0"],
  idle: ["--idle", "--pid", "0"],
};

/** Has a running process, all its threads and those to come, take such turns on its core; undefined when it worked, else why not. */
export function takeTurns(pid: number, turn: Turn): string | undefined {
  const chrt = spawnSync("chrt", ["--all-tasks", ...POLICIES[turn], String(pid)]);
  if (chrt.error !== undefined) {
    return "load and sidecar compete for a core: there is no chrt here (it is in the package util-linux)";
  }
  return chrt.status === 0
    ? undefined
    : `load and sidecar compete for a core: chrt: ${String(chrt.stderr).trim()}`;
}
