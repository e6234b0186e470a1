/** What the sidecar has received. */
export type SidecarCounts = {
  /** Observations that came, pairs among them. */
  readonly observations: number;
  /** Observations with a shadow's answer, compared. */
  readonly pairs: number;
  /** What filters and sidecar went without, by metric and reason. */
  readonly drops: Readonly<Record<string, number>>;
};

const SAMPLE = /^understudy_(\w+?)_total(?:\{(.*)\})? (\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/gm;
/** Counters of what was lost on the way, whatever their labels. */
const DROPS: ReadonlySet<string> = new Set([
  "filter_drops",
  "batches_lost",
  "queue_refused",
  "observations_refused",
]);

/** Reads the counts from the text of the sidecar's /metrics (Prometheus's text format). A counter that is absent counts 0. */
export function parseCounts(metrics: string): SidecarCounts {
  let observations = 0;
  let pairs = 0;
  const drops: Record<string, number> = {};
  for (const [, name = "", labels = "", value = "0"] of metrics.matchAll(SAMPLE)) {
    const count = Number(value);
    if (name === "observations") {
      observations += count;
      pairs += labels === 'outcome="pair"' ? count : 0;
    } else if (DROPS.has(name) && count > 0) {
      drops[labels === "" ? name : `${name} ${labels}`] = count;
    }
  }
  return { observations, pairs, drops };
}
