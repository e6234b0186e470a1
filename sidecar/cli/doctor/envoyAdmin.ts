import type { z } from "zod";
import { clusterStatuses, configDump, serverInfo } from "./adminSchema.ts";
import { type EnvoyFacts, factsOf } from "./envoyFacts.ts";

const TIMEOUT_MS = 10_000;

/** Asks Envoy's admin for what doctor looks at. Rejects when it does not answer, or not as an Envoy does. */
export async function askEnvoy(admin: string): Promise<EnvoyFacts> {
  const [server, dump, clusters, stats] = await Promise.all([
    askJson(admin, "server_info", serverInfo),
    askJson(admin, "config_dump", configDump),
    askJson(admin, "clusters?format=json", clusterStatuses),
    askStats(admin),
  ]);
  return factsOf({ server, dump, clusters, stats });
}

/** Counters and gauges, by their names. */
export async function askStats(admin: string): Promise<ReadonlyMap<string, number>> {
  const text = await ask(admin, "stats");
  return new Map(
    [...text.matchAll(/^(.+): (\d+)$/gm)].map((match) => [match[1] ?? "", Number(match[2])]),
  );
}

async function askJson<Answer>(
  admin: string,
  path: string,
  schema: z.ZodType<Answer>,
): Promise<Answer> {
  const text = await ask(admin, path);
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new Error(`/${path} does not answer as Envoy's admin does`, { cause: error });
  }
}

async function ask(admin: string, path: string): Promise<string> {
  const url = new URL(path, admin.endsWith("/") ? admin : `${admin}/`);
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`/${path} answers ${response.status}`);
  }
  return await response.text();
}
