import { open } from "node:fs/promises";
import type { Caller } from "./caller.ts";
import { type Callers, formatCaller, parseCaller, parseCallers } from "./callers.ts";
import { readSecretFile } from "./secretFile.ts";

const FILE_BYTES_MAX = 512 << 10;

/** Reads who may call. Rejects when the file can't be read, is open to others, or has mistakes: all of them are named. */
export async function readCallers(path: string): Promise<Callers> {
  const parsed = parseCallers((await readSecretFile(path, FILE_BYTES_MAX)).toString("utf8"));
  if ("problems" in parsed) {
    throw new Error(parsed.problems.map((problem) => `${path}: ${problem}`).join("; "));
  }
  return parsed;
}

/** Adds a caller to the file, which is made, for its owner alone, if it is not there. Rejects when the file would then have mistakes. */
export async function addCaller(path: string, caller: Caller): Promise<void> {
  const problem = parseCaller(formatCaller(caller));
  if (typeof problem === "string") {
    throw new Error(problem);
  }
  const file = await open(path, "a+", 0o600);
  await file.close();
  const before = (await readSecretFile(path, FILE_BYTES_MAX)).toString("utf8");
  const line = `${before === "" || before.endsWith("\n") ? "" : "\n"}${formatCaller(caller)}\n`;
  const parsed = parseCallers(before + line);
  if ("problems" in parsed) {
    throw new Error(parsed.problems.map((problem) => `${path}: ${problem}`).join("; "));
  }
  // One write at the end: a reader sees the file with the line or without.
  const end = await open(path, "a");
  try {
    await end.writeFile(line);
    await end.sync();
  } finally {
    await end.close();
  }
}
