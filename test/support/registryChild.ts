import { openEmbeddedRegistry } from "../../sidecar/registry/embedded.ts";
import { fastClock } from "./clock.ts";

// Registers the files that it is given in the registry at a path, one after another, and says each version.

const [path = "", ...files] = process.argv.slice(2);
const registry = openEmbeddedRegistry({ path, clock: fastClock(1), waitMs: 10_000 });
for (const file of files) {
  const given = { model: "risk", file, trainingDataSha256: undefined, metrics: {} };
  const signal = AbortSignal.timeout(60_000);
  const { version, isNew } = await registry.register({ ...given, parent: undefined }, signal);
  process.stdout.write(`${version.version} ${version.sha256} ${isNew}\n`);
}
