import { isInWorseHealth, readPatients } from "./patients.ts";

/**
 * What is known, once the year is over, of the patients in worse health: their records with what came true, as CSV for `retrain.py`. The same bytes
 * every time.
 */
export async function labelledRecords(): Promise<string> {
  const patients = (await readPatients("serving")).filter(isInWorseHealth);
  const head = [...Object.keys(patients[0]?.features ?? {}), "highUse"].join(",");
  const lines = patients.map(({ features, highUse }) =>
    [...Object.values(features), Number(highUse)].join(","),
  );
  return `${[head, ...lines].join("\n")}\n`;
}
