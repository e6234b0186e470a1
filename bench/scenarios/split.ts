import type { Result } from "../report.ts";
import type { Rig } from "../rig/rig.ts";
import { describeCpu, measureCpuRatio } from "./cpuRatio.ts";

/** The filter's split at 50/50, its traffic from the sidecar and its observations delivered, to `weighted_clusters` 50/50. */
export async function measureSplit(rig: Rig, rounds: number): Promise<Result> {
  const before = await rig.upstreamCounts();
  const measured = await measureCpuRatio(
    rig,
    { ours: "filter-split", native: "native-split" },
    rounds,
  );
  const after = await rig.upstreamCounts();
  const candidate = after.candidate - before.candidate;
  const candidateShare = candidate / (candidate + after.primary - before.primary);
  if (Math.abs(candidateShare - 0.5) > 0.05) {
    throw new Error(
      `the candidate got ${(candidateShare * 100).toFixed(1)} % of requests, not 50 %`,
    );
  }
  return {
    measurement: "split",
    ratio: measured.ratio,
    ...describeCpu(measured),
    raw: { ...measured, candidateShare },
  };
}
