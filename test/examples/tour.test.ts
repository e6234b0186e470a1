import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { foundEnvoy } from "../support/envoy.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** Ports that the tour names, in its text, in Envoy's configuration or by default. */
const PORTS = ["8080", "8081", "8082", "9901", "50051", "9464"] as const;
const TOUR_MS_MAX = 240_000;

/** The README's tour, but for what builds. */
function tour(): string {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const section = readme.split("## In your own Envoy\n")[1] ?? "";
  const block = /```sh\n([\s\S]*?)```/.exec(section)?.[1] ?? "";
  const [build = "", ...lines] = block.split("\n");
  assert.match(build, /^npm ci && npm run build /);
  return lines.join("\n");
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** A folder as the repository's root is to the tour, with free ports in place of those named, and the commands that it calls. */
async function place(context: TestContext): Promise<{
  readonly folder: string;
  readonly here: (text: string) => string;
}> {
  const folder = mkdtempSync(join(tmpdir(), "understudy-tour-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const free = await Promise.all(PORTS.map(freePort));
  const at = new Map(PORTS.map((port, index) => [port as string, free[index] ?? 0]));
  const here = (text: string): string =>
    text.replace(/\b\d{4,5}\b/g, (number) => String(at.get(number) ?? number));
  cpSync(join(root, "examples/envoy"), join(folder, "examples/envoy"), { recursive: true });
  const yaml = join(folder, "examples/envoy/envoy.yaml");
  writeFileSync(yaml, here(readFileSync(yaml, "utf8")));
  symlinkSync(join(root, "build"), join(folder, "build"));
  mkdirSync(join(folder, "bin"));
  symlinkSync((await foundEnvoy()).path, join(folder, "bin/envoy"));
  symlinkSync(process.execPath, join(folder, "bin/node"));
  const address = (port: string): string => `127.0.0.1:${at.get(port)}`;
  const npx = `#!/bin/sh
verb=$2
shift 2
case $verb in
  serve) set -- --grpc ${address("50051")} --http ${address("9464")} "$@" ;;
  plan) ;;
  doctor) set -- --envoy-admin http://${address("9901")} --server ${address("50051")} "$@" ;;
  *) set -- --server ${address("50051")} "$@" ;;
esac
exec node ${join(root, "bin/understudy.js")} $verb "$@"
`;
  writeFileSync(join(folder, "bin/npx"), npx);
  chmodSync(join(folder, "bin/npx"), 0o755);
  return { folder, here };
}

const skip = spawnSync("curl", ["--version"]).status !== 0 && "curl is not here";

test("the README's tour ends with a rollout that is promoted, as a new user types it", {
  skip,
}, async (context) => {
  const { folder, here } = await place(context);
  // A person looks until all is there, before asking what is missing.
  const waited = tour().replace(
    /^(npx understudy doctor)/m,
    "until $1 > /dev/null; do :; done\n$1",
  );
  const shell = spawn("bash", ["-c", `set -e\n${here(waited)}`], {
    cwd: folder,
    detached: true,
    env: { ...process.env, PATH: `${join(folder, "bin")}${delimiter}${process.env.PATH}` },
  });
  const { pid } = shell;
  assert.ok(pid !== undefined);
  context.after(() => spawnSync("kill", ["-KILL", "--", `-${pid}`]));
  let output = "";
  for (const stream of [shell.stdout, shell.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  const ended = once(shell, "exit", { signal: AbortSignal.timeout(TOUR_MS_MAX) });
  const [code] = await ended.catch(() => [`not over after ${TOUR_MS_MAX} ms`]);
  assert.equal(code, 0, output);
  for (const expected of [
    /^All is well\.$/m,
    /^my-model-v2: v2 against v1\n/m,
    /^my-model-v2: promoted, step 3 of 3/m,
    /^my-model-v2, revision \d+$/m,
    /^revision {2}at [\s\S]* promoted {2,}evidence /m,
  ]) {
    assert.match(output, expected);
  }
});
