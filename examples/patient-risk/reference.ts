import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { readMetrics } from "./model.ts";

// Makes reference.json again, the profile of what the models were trained on, by `understudy profile`: node reference.ts [--output FILE]

const REQUESTS_BYTES_MAX = 16 << 20;
/** Yes or no; the others are measured. */
const CATEGORIES = new Set(["idp", "hlthg", "hlthf", "hlthp"]);

const run = promisify(execFile);
const fileBeside = (path: string): string => new URL(path, import.meta.url).pathname;

const { values } = parseArgs({
  options: { output: { type: "string", default: fileBeside("reference.json") } },
});
const { features } = await readMetrics();
const flags = Object.keys(features).flatMap((name, index) => {
  const type = CATEGORIES.has(name) ? "categorical" : "numeric";
  return ["--feature", `${name}=$.inputs[0].data[${index}]:${type}`];
});
const folder = await mkdtemp(join(tmpdir(), "understudy-reference-"));
try {
  const requests = await run(process.execPath, [fileBeside("requests.ts"), "training"], {
    maxBuffer: REQUESTS_BYTES_MAX,
  });
  const input = join(folder, "training.jsonl");
  await writeFile(input, requests.stdout);
  const profiled = await run(process.execPath, [
    ...[fileBeside("../../sidecar/main.ts"), "profile", "--input", input],
    ...["--to", values.output, "--ignore", "inputs"],
    ...["--feature", "flagged:categorical", "--prediction", "flagged", ...flags],
  ]);
  process.stdout.write(profiled.stdout);
} finally {
  await rm(folder, { recursive: true });
}
