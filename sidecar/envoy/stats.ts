/** Reads Envoy's counters and gauges from its admin port, those whose name matches the regular expression. */
export async function readStats(
  adminPort: number,
  filter: string,
): Promise<ReadonlyMap<string, number>> {
  const query = new URLSearchParams({ filter });
  const response = await fetch(`http://127.0.0.1:${adminPort}/stats?${query}`);
  const text = await response.text();
  return new Map(
    [...text.matchAll(/^(.+): (\d+)$/gm)].map((match) => [match[1] ?? "", Number(match[2])]),
  );
}
