import { parseArgs } from "node:util";
import { loadModel } from "./model.ts";
import { readPatients } from "./patients.ts";
import { profileRequests, requestLines } from "./profile.ts";

// Makes reference.json again, the profile of what the models were trained on, by `understudy profile`: node reference.ts [--output FILE]

const preset = new URL("reference.json", import.meta.url).pathname;
const { values } = parseArgs({ options: { output: { type: "string", default: preset } } });
const lines = await requestLines(await readPatients("training"), await loadModel("v2"));
process.stdout.write(await profileRequests(lines, values.output));
