import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { envoyFor } from "./envoy.ts";
import { filterConfig, ROLLOUT } from "./filterConfig.ts";
import { WORKERS } from "./mesh.ts";
import { discoveryResponse, type MeshPorts, meshBootstrap } from "./meshConfig.ts";
import { planText, startTestSidecar, type TestSidecar } from "./testSidecar.ts";
import { until } from "./until.ts";
import { startUpstream, type Upstream } from "./upstream.ts";
import { run } from "./verb.ts";

const WASM_FILE = new URL("../../build/filter.wasm", import.meta.url).pathname;

/** What doctor says of each check that is not ok, as "problem Envoy: what was found → what to do", and how it ended. */
export type Examined = { readonly code: number; readonly said: readonly string[] };

/** Examines once. */
export async function examine(adminPort: number, server: string): Promise<Examined> {
  const at = ["--envoy-admin", `http://127.0.0.1:${adminPort}`, "--server", server];
  const { code, out } = await run("doctor", ...at, "--output", "json");
  const { findings, problems } = JSON.parse(out);
  assert.equal(code, problems === 0 ? 0 : 1);
  const odd = findings.filter(({ outcome }: { outcome: string }) => outcome !== "ok");
  return {
    code,
    said: odd.map(
      ({ check, outcome, found, advice }: Record<string, string>) =>
        `${outcome} ${check}: ${found} → ${advice}`,
    ),
  };
}

/** Says what is odd, once it is exactly these. */
export async function says(
  adminPort: number,
  server: string,
  expected: readonly RegExp[],
): Promise<Examined> {
  let last: readonly string[] = [];
  try {
    return await until(
      async () => {
        const examined = await examine(adminPort, server);
        last = examined.said;
        const isAll =
          last.length === expected.length &&
          expected.every((pattern, index) => pattern.test(last[index] ?? ""));
        return isAll && examined;
      },
      { deadlineMs: 40_000, what: "doctor names the fault" },
    );
  } catch (error) {
    throw new Error(`doctor says:\n${last.join("\n")}`, { cause: error });
  }
}

/** Both versions, and a sidecar that asks for a rollout of the mesh's. */
export async function house(context: TestContext): Promise<{
  readonly sidecar: TestSidecar;
  readonly ports: MeshPorts;
  readonly versions: readonly Upstream[];
}> {
  const sidecar = await startTestSidecar(context);
  const [v1, v2] = await Promise.all([startUpstream(context, "v1"), startUpstream(context, "v2")]);
  await sidecar.client.apply(planText(ROLLOUT));
  const ports = { v1: v1.port, v2: v2.port, sidecar: portOf(sidecar.grpc) };
  return { sidecar, ports, versions: [v1, v2] };
}

/** The port of an address. */
export function portOf(address: string): number {
  return Number(address.split(":")[1]);
}

/** Starts an Envoy whose bootstrap, or whose watched filter, was changed as text. */
export async function envoyOf(
  context: TestContext,
  ports: MeshPorts,
  change: {
    readonly bootstrap?: (text: string) => string;
    readonly filter?: (text: string) => string;
  },
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "understudy-doctor-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "filter.json");
  const same = (text: string): string => text;
  const { bootstrap = same, filter = same } = change;
  const response = discoveryResponse(WASM_FILE, JSON.stringify(filterConfig()), 1);
  writeFileSync(file, filter(JSON.stringify(response)));
  const text = bootstrap(JSON.stringify(meshBootstrap(ports, file)));
  const envoy = await envoyFor(context, { bootstrap: JSON.parse(text), workers: WORKERS });
  return envoy.adminPort;
}
