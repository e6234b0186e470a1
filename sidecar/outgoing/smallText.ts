import { readFileSync, statSync } from "node:fs";

/** The largest file of settings. */
export const FILE_BYTES_MAX = 65_536;

/** The text of a file, UTF-8; undefined when there is none, or more than `FILE_BYTES_MAX` bytes. */
export function smallText(path: string): string | undefined {
  try {
    const status = statSync(path);
    return status.isFile() && status.size <= FILE_BYTES_MAX
      ? new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path))
      : undefined;
  } catch {
    return undefined;
  }
}
