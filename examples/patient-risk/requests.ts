import { parseArgs } from "node:util";
import { loadModel } from "./model.ts";
import { isInWorseHealth, type Patient, readPatients } from "./patients.ts";
import { requestLines } from "./profile.ts";

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

process.stdout.write(await requestLines(await read(), await loadModel("v2")));
