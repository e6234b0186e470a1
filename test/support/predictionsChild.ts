import { openPredictions } from "../../sidecar/stores/predictionStatements.ts";
import { PredictionTables } from "../../sidecar/stores/predictionTables.ts";
import { label, prediction, ROOMY } from "./predictions.ts";

/**
 * A process that stores predictions and labels in the file at its first argument and takes what is mature, for ever. It writes how many
 * predictions were confirmed, and the ids that it was handed out, and is killed at the named point of the write with the number of its third
 * argument.
 */
const [path = "", point = "", count = "0"] = process.argv.slice(2);

let writes = 0;
const tables = new PredictionTables(openPredictions(path, ROOMY), ROOMY, (reached) => {
  writes += reached === "begun" ? 1 : 0;
  if (reached === point && writes > Number(count)) {
    process.kill(process.pid, "SIGKILL");
  }
});
for (;;) {
  const first = tables.counts().cases;
  const ids = Array.from({ length: 20 }, (_, place) => first + place);
  tables.recordPredictions(ids.map((id) => prediction(`r${id}`, { atMs: id })));
  process.stdout.write(`recorded ${first + ids.length}\n`);
  tables.recordLabels(
    ids.map((id) => label(`r${id}`)),
    0,
  );
  const taken = tables.takeMatured({ rollout: "risk", beforeMs: first + 10, max: 15 });
  process.stdout.write(taken.map(({ id }) => `taken ${id}\n`).join(""));
}
