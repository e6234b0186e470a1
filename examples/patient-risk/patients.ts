import { readFile } from "node:fs/promises";
import { INPUT_NAME } from "./inference.ts";
import { readMetrics } from "./model.ts";

/** One request that can be sent for a patient. */
export type PatientRequest = {
  /** Value of the sticky header: the person's number. */
  readonly patient: string;
  /** Body of a request to infer. */
  readonly body: string;
};

const SERVING_FROM = 7; // as in train.py: of ten persons, those that are never trained on

/** A request for each serving row of the records; a person has one for each year. */
export async function readPatients(): Promise<readonly PatientRequest[]> {
  const { features } = await readMetrics();
  const file = new URL("data/randhie.csv", import.meta.url);
  const [head = "", ...lines] = (await readFile(file, "utf8")).trim().split("\n");
  const columns = head.split(",");
  const person = columns.indexOf("person");
  const inputs = Object.keys(features).map((name) => columns.indexOf(name));
  return lines
    .map((line) => line.split(","))
    .filter((cells) => Number(cells[person]) % 10 >= SERVING_FROM)
    .map((cells) => {
      const row = inputs.map((column) => Number(cells[column]));
      const tensor = { name: INPUT_NAME, datatype: "FP32", shape: [1, row.length], data: row };
      return { patient: `${cells[person]}`, body: JSON.stringify({ inputs: [tensor] }) };
    });
}
