import { parseArgs } from "node:util";
import { loadModel } from "./model.ts";
import { inferenceBody, isInWorseHealth, type Patient, readPatients } from "./patients.ts";

// Prints requests as JSON lines, each with what v2 answers: node requests.ts training|serving|worse

const ROWS: ReadonlyMap<string, () => Promise<readonly Patient[]>> = new Map([
  ["training", () => readPatients("training")],
  ["serving", () => readPatients("serving")],
  ["worse", async () => (await readPatients("serving")).filter(isInWorseHealth)],
]);

const { positionals } = parseArgs({ allowPositionals: true });
const [rows = ""] = positionals;
const read = ROWS.get(rows);
if (read === undefined) {
  console.error(`usage: node requests.ts ${[...ROWS.keys()].join("|")}`);
  process.exit(2);
}

const patients = await read();
const model = await loadModel("v2");
const inputs = patients.flatMap(({ features }) => Object.values(features));
const { labels } = await model.predict(Float32Array.from(inputs), patients.length);
process.stdout.write(
  patients
    .map(
      (patient, row) => `${JSON.stringify({ ...inferenceBody(patient), flagged: labels[row] })}\n`,
    )
    .join(""),
);
