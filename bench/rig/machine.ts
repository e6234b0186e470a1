import { cpus, release, totalmem } from "node:os";
import type { Pinning } from "./cores.ts";

/** What the figures were measured on. */
export function describeMachine(pinning: Pinning): Readonly<Record<string, unknown>> {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryBytes: totalmem(),
    kernel: release(),
    node: process.version,
    pinning,
  };
}
