import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFile, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { loadRetrained, MODEL_NAME, readRetrained, TRAINED_AHEAD } from "./model.ts";
import { isInWorseHealth, readPatients } from "./patients.ts";
import { profileRequests, requestLines } from "./profile.ts";

// What the retraining trigger runs: trains on the folder's labelled.csv, profiles that as the new reference, and registers the new version.
// node retrain.ts --folder FOLDER --registry FILE [--python PROGRAM]. Without a Python it takes what was trained ahead on the same records.

const run = promisify(execFile);
const beside = (path: string): string => new URL(path, import.meta.url).pathname;

const { values } = parseArgs({
  options: {
    folder: { type: "string", default: "." },
    registry: { type: "string", default: "models.sqlite" },
    python: { type: "string" },
  },
});
const { folder, registry, python } = values;
const data = join(folder, "labelled.csv");
if (python === undefined) {
  await takeTrainedAhead();
} else {
  await run(python, ["-B", beside("retrain.py"), "--data", data, "--to", folder]);
}
const { auc, accuracy, file, rows } = await readRetrained(folder);

// The version's own reference, before its rollout can begin.
const patients = (await readPatients("serving")).filter(isInWorseHealth);
const next = join(folder, "reference.next");
await profileRequests(await requestLines(patients, await loadRetrained("v3", folder)), next);
await rename(next, join(folder, "reference.json"));

const parent = process.env.UNDERSTUDY_CANDIDATE ?? "v2";
const { stdout } = await run(process.execPath, [
  ...[beside("../../sidecar/main.ts"), "registry", "register", join(folder, file)],
  ...["--model", MODEL_NAME, "--registry", registry, "--training-data", data, "--parent", parent],
  ...["--metric", `auc=${auc}`, "--metric", `accuracy=${accuracy}`],
]);
const how = python === undefined ? "trained ahead" : "trained";
console.log(`${stdout.trim()}, ${how} on ${rows} records`);

/** It must be of these very records. */
async function takeTrainedAhead(): Promise<void> {
  const hash = createHash("sha256")
    .update(await readFile(data))
    .digest("hex");
  const ahead = await readRetrained(TRAINED_AHEAD);
  if (ahead.trainingDataSha256 !== hash) {
    throw new Error("the model trained ahead was trained on other records");
  }
  for (const name of [ahead.file, "retrained.json"]) {
    await copyFile(join(TRAINED_AHEAD, name), join(folder, name));
  }
}
