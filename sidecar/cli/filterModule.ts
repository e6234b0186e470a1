import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { packageFile } from "../packageFile.ts";

/** The filter's module, as it comes with the command line. */
export type FilterModule = { readonly path: string; readonly sha256: string };

/** Finds it. Rejects where it was not built, and says how it is. */
export async function findFilterModule(): Promise<FilterModule> {
  const path = packageFile("build/filter.wasm");
  try {
    const sha256 = createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
    return { path, sha256 };
  } catch (error) {
    throw new Error(`${path}: the filter's module is not there: \`npm run build\` makes it`, {
      cause: error,
    });
  }
}
