import { readFile } from "node:fs/promises";
import { INPUT_NAME } from "./inference.ts";
import { readMetrics } from "./model.ts";

/** One year of one person, as the records have it. */
export type Patient = {
  /** The person's number, as text. */
  readonly person: string;
  /** The model's input by name, in its order. */
  readonly features: Readonly<Record<string, number>>;
  /** What came true: six or more visits to a physician in that year. */
  readonly highUse: boolean;
};

const SERVING_FROM = 7; // as in train.py: of ten persons, those that are never trained on
const HIGH_USE_VISITS = 6; // as in train.py
const CHRONIC_FROM = 20;

/** The years of the persons that the models are trained on, or of the others, whom the demo's requests are for. */
export async function readPatients(
  rows: "training" | "serving" = "serving",
): Promise<readonly Patient[]> {
  const { features } = await readMetrics();
  const file = new URL("data/randhie.csv", import.meta.url);
  const [head = "", ...lines] = (await readFile(file, "utf8")).trim().split("\n");
  const columns = head.split(",");
  const [person, visits] = [columns.indexOf("person"), columns.indexOf("mdvis")];
  const inputs = Object.keys(features).map((name) => ({ name, column: columns.indexOf(name) }));
  return lines
    .map((line) => line.split(","))
    .filter((cells) => Number(cells[person]) % 10 >= SERVING_FROM === (rows === "serving"))
    .map((cells) => ({
      person: `${cells[person]}`,
      features: Object.fromEntries(inputs.map(({ name, column }) => [name, Number(cells[column])])),
      highUse: Number(cells[visits]) >= HIGH_USE_VISITS,
    }));
}

/** Whether a patient's self-rated health is fair or poor, or the chronic-disease index is high (a tenth of them have 20 or more). */
export function isInWorseHealth({ features: { hlthf, hlthp, disea = 0 } }: Patient): boolean {
  return hlthf === 1 || hlthp === 1 || disea >= CHRONIC_FROM;
}

/** The body of a request to infer for a patient (Open Inference Protocol v2, REST). */
export function inferenceBody({ features }: Patient): object {
  const data = Object.values(features);
  return { inputs: [{ name: INPUT_NAME, datatype: "FP32", shape: [1, data.length], data }] };
}
