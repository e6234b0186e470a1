import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { RegistryError } from "../ports/registry.ts";

/** Largest file that is registered, 8 GiB. */
export const FILE_BYTES_MAX: number = 8 * 2 ** 30;
/** A copy that nobody has finished for so long is none any more. */
const STALE_MS = 24 * 3_600_000;
const PART = ".part";

/** What a file holds. */
export type Content = { readonly sha256: string; readonly bytes: number };

/** Reads a file whole, giving each piece on. Rejects with RegistryError when it can't be read, is longer than `bytesMax`, or the signal ends it. */
export async function readContent(
  file: string,
  signal: AbortSignal,
  options: {
    readonly bytesMax?: number;
    readonly take?: (piece: Buffer) => Promise<unknown>;
  } = {},
): Promise<Content> {
  const { bytesMax = FILE_BYTES_MAX, take } = options;
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const piece of piecesOf(file, signal)) {
    bytes += piece.length;
    if (bytes > bytesMax) {
      throw new RegistryError("refused", `${file}: a file of at most ${bytesMax} bytes`);
    }
    hash.update(piece);
    await take?.(piece);
  }
  return { sha256: hash.digest("hex"), bytes };
}

/** Copies a file into a folder, where its name is the SHA-256 of what it holds: whole, and on the disk, or not at all. `nowMs`: Unix time. */
export async function copyByContent(
  file: string,
  folder: string,
  { signal, nowMs }: { readonly signal: AbortSignal; readonly nowMs: number },
): Promise<Content> {
  await making(folder, () => mkdir(folder, { recursive: true, mode: 0o700 }));
  await making(folder, () => removeStale(folder, nowMs - STALE_MS));
  const part = join(folder, `${randomBytes(16).toString("hex")}${PART}`);
  try {
    const content = await copyTo(part, file, signal);
    await making(folder, () => rename(part, join(folder, content.sha256)));
    await making(folder, () => syncFolder(folder));
    return content;
  } finally {
    await rm(part, { force: true });
  }
}

async function copyTo(part: string, file: string, signal: AbortSignal): Promise<Content> {
  const copy = await making(part, () => open(part, "wx", 0o600));
  try {
    const take = (piece: Buffer) => making(part, () => writeAll(copy, piece));
    const content = await readContent(file, signal, { take });
    await making(part, () => copy.sync());
    return content;
  } finally {
    await copy.close();
  }
}

async function* piecesOf(file: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(file, { signal, highWaterMark: 1 << 20 });
  } catch (error) {
    throw signal.aborted
      ? new RegistryError("unreachable", `${file}: not read in time`)
      : new RegistryError("missing", `${file}: ${codeOf(error)}`, { cause: error });
  }
}

async function writeAll(file: FileHandle, piece: Buffer): Promise<void> {
  let written = 0;
  while (written < piece.length) {
    written += (await file.write(piece, written)).bytesWritten;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function removeStale(folder: string, beforeMs: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const status = name.endsWith(PART) ? await stat(path).catch(() => undefined) : undefined;
    if (status !== undefined && status.mtimeMs < beforeMs) {
      await rm(path, { force: true });
    }
  }
}

/** Does what a disk may refuse. */
async function making<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = codeOf(error);
    const isFull = code === "ENOSPC" || code === "EDQUOT";
    throw new RegistryError(isFull ? "full" : "failed", `${where}: ${code}`, { cause: error });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
