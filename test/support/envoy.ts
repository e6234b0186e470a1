import type { TestContext } from "node:test";
import { type FoundEnvoy, findEnvoy } from "../../sidecar/envoy/find.ts";
import { type EnvoyStart, type RunningEnvoy, startEnvoy } from "../../sidecar/envoy/start.ts";
import { endWithThisProcess } from "./orphans.ts";

let found: Promise<FoundEnvoy> | undefined;

/** The Envoy of this machine, looked for once per test file. */
export function foundEnvoy(): Promise<FoundEnvoy> {
  found ??= findEnvoy({
    env: process.env,
    say: (line) => {
      process.stderr.write(`${line}\n`);
    },
  });
  return found;
}

/** Starts an Envoy that ends with the test. When the test fails its folder, with bootstrap and log, is kept and named. */
export async function envoyFor(
  context: TestContext,
  start: Omit<EnvoyStart, "path">,
): Promise<RunningEnvoy> {
  const { path } = await foundEnvoy();
  const envoy = await startEnvoy({ ...start, path });
  endWithThisProcess(envoy.pid);
  context.after(async () => {
    // @types/node does not know `passed` yet.
    const passed = "passed" in context && context.passed === true;
    if (!passed) {
      context.diagnostic(`Envoy's bootstrap and log are kept in ${envoy.folder}`);
    }
    await envoy.stop(passed ? "remove" : "keep");
  });
  return envoy;
}
