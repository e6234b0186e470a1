import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const FOLDER: string = fileURLToPath(new URL("../../build/evidently", import.meta.url));
const SCRIPT: string = fileURLToPath(new URL("./dataDriftPreset.py", import.meta.url));
/** Evidently 0.7 does not load with pandas 3. */
const PACKAGES: readonly string[] = ["evidently==0.7.23", "pandas<3"];

/** What Evidently took for the same files. */
export type Compared = { readonly ms: number; readonly readMs: number; readonly rssBytes: number };

/** Runs Evidently's DataDriftPreset on the files, in a virtual environment of the bench, which pip fills once; why not, where it can't. */
export async function measureEvidently(
  reference: string,
  current: string,
): Promise<Compared | string> {
  const run = promisify(execFile);
  const python = `${FOLDER}/bin/python`;
  try {
    if (!existsSync(python)) {
      await run("python3", ["-m", "venv", FOLDER]);
    }
    await run(python, ["-m", "pip", "install", "--quiet", ...PACKAGES], { timeout: 600_000 });
    const { stdout } = await run(python, [SCRIPT, reference, current], { timeout: 600_000 });
    return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
  } catch (error) {
    const [first = ""] = String(error instanceof Error ? error.message : error).split("\n");
    return `Evidently was not measured: ${first.slice(0, 200)}`;
  }
}
