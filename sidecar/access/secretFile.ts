import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

/** What nobody but the owner may do: write, and, for others than its group, anything at all. */
const FORBIDDEN_MODE = 0o027;
const MODE_BITS = 0o777;

/**
 * Reads a file that holds or guards secrets. Rejects, with the file's name and never with what is in it, when it can't be read, is too long,
 * or can be written or read by others.
 */
export async function readSecretFile(path: string, bytesMax: number): Promise<Buffer> {
  // A pipe without a writer would hold up the opening.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    await check(path, file, bytesMax);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

async function check(path: string, file: FileHandle, bytesMax: number): Promise<void> {
  const stats = await file.stat();
  const { mode, size } = stats;
  if (!stats.isFile()) {
    throw new Error(`${path}: no file`);
  }
  if ((mode & FORBIDDEN_MODE) !== 0) {
    const octal = (mode & MODE_BITS).toString(8).padStart(4, "0");
    throw new Error(`${path}: mode ${octal}: others may read or change it: chmod 600 ${path}`);
  }
  if (size > bytesMax) {
    throw new Error(`${path}: ${size} bytes: at most ${bytesMax}`);
  }
}
