import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

// Brings what train.py and retrain.py need into a virtual environment in the user's cache, once: node python.ts

const REQUIREMENTS = new URL("requirements.txt", import.meta.url).pathname;
const INSTALL_MS_MAX = 900_000;

const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
const hash = createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex").slice(0, 12);
const folder = join(cache, "understudy", `patient-risk-${hash}`);
/** Written last, so that half of an installation is none. */
const complete = join(folder, "complete");

/** The Python that can train; undefined where nobody has brought it. */
export const PYTHON: string | undefined = existsSync(complete)
  ? join(folder, "bin", "python")
  : undefined;

/** Why there is none; undefined where there is one. */
export const WITHOUT_PYTHON: string | undefined =
  PYTHON === undefined
    ? `no scikit-learn in ${folder}: node examples/patient-risk/python.ts brings it, as .ci/run does`
    : undefined;

function install(): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const options = { stdio: "inherit", timeout: INSTALL_MS_MAX } as const;
  execFileSync("python3", ["-m", "venv", folder], options);
  const pip = ["-m", "pip", "install", "--quiet", "-r", REQUIREMENTS];
  execFileSync(join(folder, "bin", "python"), pip, options);
  writeFileSync(complete, "");
}

if (import.meta.main && PYTHON === undefined) {
  install();
}
