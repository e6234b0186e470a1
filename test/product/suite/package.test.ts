import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { until } from "../../support/until.ts";

const root: string = fileURLToPath(new URL("../../../", import.meta.url));
const folder: string = mkdtempSync(join(tmpdir(), "understudy-package-"));
const installed: string = join(folder, "prefix/lib/node_modules/understudy");
const command: string = join(folder, "prefix/bin/understudy");
/** Nothing that was downloaded before helps. */
const env: NodeJS.ProcessEnv = { ...process.env, npm_config_cache: join(folder, "cache") };
const execute = promisify(execFile);
const { dependencies, bundleDependencies, optionalDependencies } = JSON.parse(
  readFileSync(join(root, "package.json"), "utf8"),
);
let packed: readonly string[] = [];

before(async () => {
  await execute("npm", ["run", "build:package"], { cwd: root });
  const pack = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const { stdout } = await execute("npm", pack, { cwd: root, env, maxBuffer: 64 << 20 });
  const [{ filename, files }] = JSON.parse(stdout);
  packed = files.map(({ path }: { readonly path: string }) => path);
  const install = ["install", "--global", "--offline", "--no-audit", "--no-fund"];
  await execute("npm", [...install, "--prefix", join(folder, "prefix"), join(folder, filename)], {
    cwd: folder,
    env,
  });
});

after(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the installed command to its end, in an empty folder; a `node` of the same folder goes before others. */
async function understudy(args: readonly string[], path = dirOf(process.execPath)) {
  const { stdout } = await execute(command, args, { cwd: folder, env: withPath(path) });
  return stdout.trimEnd();
}

function withPath(path: string): NodeJS.ProcessEnv {
  return { ...env, PATH: `${path}${delimiter}${process.env.PATH}` };
}

function dirOf(path: string): string {
  return join(path, "..");
}

type Serving = { readonly grpc: string; readonly stop: () => Promise<number | null> };

async function serve(context: TestContext, path = dirOf(process.execPath)): Promise<Serving> {
  const flags = ["--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"];
  const store = ["--store", join(mkdtempSync(join(folder, "store-")), "rollouts.sqlite")];
  const child = spawn(command, ["serve", ...flags, ...store], { cwd: folder, env: withPath(path) });
  context.after(() => child.kill("SIGTERM"));
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  const line = await until(() => output.split("\n").find((each) => each.includes('"serving"')), {
    deadlineMs: 30_000,
    what: "the installed sidecar serves",
  });
  const stop = async () => {
    child.kill("SIGTERM");
    const [code] = await once(child, "exit");
    return code;
  };
  return { grpc: JSON.parse(line).grpc, stop };
}

/** A folder of PATH with a Node before 24; undefined where there is none. */
async function olderNode(): Promise<string | undefined> {
  for (const path of (process.env.PATH ?? "").split(delimiter)) {
    const said = await execute(join(path, "node"), ["--version"]).catch(() => undefined);
    if (Number(/^v(\d+)/.exec(said?.stdout ?? "")?.[1] ?? 99) < 24) {
      return path;
    }
  }
  return undefined;
}

test("a package holds JavaScript, the filter and what goes with them, and no sources", () => {
  const own = packed.filter((path) => !path.startsWith("node_modules/"));
  assert.deepEqual(
    own.filter((path) => path.endsWith(".ts")),
    [],
  );
  const rooms = new Set(own.map((path) => path.split("/")[0]));
  assert.deepEqual(
    [...rooms].filter((room) => ["test", "bench", ".ci", "node_modules"].includes(room ?? "")),
    [],
  );
  for (const path of ["proto/rollout.proto", "examples/plan.schema.json", "build/filter.wasm"]) {
    assert.ok(own.includes(path), path);
  }
});

test("all that the command needs is in the package, so that it installs without a network", () => {
  assert.deepEqual(bundleDependencies, Object.keys(dependencies));
});

test("the installed command tells its version and where the filter's module is", async () => {
  const { filter, understudy: own } = JSON.parse(await understudy(["version", "--output", "json"]));
  const path = await understudy(["filter", "path"]);
  assert.equal(own, JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version);
  assert.deepEqual([filter.path, path], [path, join(installed, "build/filter.wasm")]);
  assert.deepEqual(readFileSync(path), readFileSync(join(root, "build/filter.wasm")));
});

test("the installed command serves, applies a plan and shows it", async (context) => {
  const { grpc, stop } = await serve(context);
  const plan = join(root, "examples/patient-risk/plan.yaml");
  await understudy(["apply", plan, "--server", grpc]);
  const shown = await understudy(["get", "patient-risk-v2", "--server", grpc]);
  assert.match(shown, /^patient-risk-v2: progressing, step 1/);
  assert.equal(await stop(), 0);
});

const path = await olderNode();
const skip = path === undefined && "there is no older Node here";

test("on an older Node the command says what it needs, or takes the Node that npm brought", {
  skip,
}, async (context) => {
  await assert.rejects(
    understudy(["version"], path),
    /understudy needs Node 24 or later, and this/,
  );
  const name = `node-${process.platform}-${process.arch}`;
  assert.ok(name in optionalDependencies);
  accessSync(join(root, "node_modules", name, "bin/node"), constants.X_OK);
  symlinkSync(join(root, "node_modules", name), join(installed, "node_modules", name));
  assert.match(await understudy(["version"], path), /^understudy [\d.]+\nnode {7}24\./);
  const { grpc, stop } = await serve(context, path);
  assert.equal(await understudy(["list", "--server", grpc], path), "");
  assert.equal(await stop(), 0);
});
