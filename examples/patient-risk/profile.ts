import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Model, readMetrics } from "./model.ts";
import { inferenceBody, type Patient } from "./patients.ts";

/** Yes or no; the others are measured. */
const CATEGORIES = new Set(["idp", "hlthg", "hlthf", "hlthp"]);
const UNDERSTUDY = new URL("../../sidecar/main.ts", import.meta.url).pathname;

const run = promisify(execFile);

/** Requests for patients as JSON lines, each with what the model answers. */
export async function requestLines(patients: readonly Patient[], model: Model): Promise<string> {
  const inputs = patients.flatMap(({ features }) => Object.values(features));
  const { labels } = await model.predict(Float32Array.from(inputs), patients.length);
  return patients
    .map(
      (patient, row) => `${JSON.stringify({ ...inferenceBody(patient), flagged: labels[row] })}\n`,
    )
    .join("");
}

/** Profiles such requests by `understudy profile`; returns what that says. */
export async function profileRequests(lines: string, output: string): Promise<string> {
  const { features } = await readMetrics();
  const flags = Object.keys(features).flatMap((name, index) => {
    const type = CATEGORIES.has(name) ? "categorical" : "numeric";
    return ["--feature", `${name}=$.inputs[0].data[${index}]:${type}`];
  });
  const folder = await mkdtemp(join(tmpdir(), "understudy-reference-"));
  try {
    const input = join(folder, "requests.jsonl");
    await writeFile(input, lines);
    const { stdout } = await run(process.execPath, [
      ...[UNDERSTUDY, "profile", "--input", input, "--to", output, "--ignore", "inputs"],
      ...["--feature", "flagged:categorical", "--prediction", "flagged", ...flags],
    ]);
    return stdout;
  } finally {
    await rm(folder, { recursive: true });
  }
}
