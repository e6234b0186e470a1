import type { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "../core/assert.ts";
import { StoreError } from "../ports.ts";
import { closeQuietly, storeErrorOf } from "../sqlite/databaseFile.ts";
import { openPredictions } from "./predictionStatements.ts";
import type {
  PredictionsAnswers,
  PredictionsReply,
  PredictionsRequest,
  PredictionsStart,
} from "./predictionsProtocol.ts";
import { PredictionTables } from "./predictionTables.ts";

// The thread that has the predictions' database, so that nothing that a disk does holds up the loop. Opens the file with the first
// request; after any failure closes it, and opens it again with the next one.

const { path, bounds }: PredictionsStart = workerData;
const port = parentPort;
assert(port !== null, "this file is the thread's, not the process's");

let open: { readonly database: DatabaseSync; readonly tables: PredictionTables } | undefined;

port.on("message", (request: PredictionsRequest) => {
  port.postMessage(replyTo(request));
  if (request.kind === "close") {
    port.close();
  }
});

function replyTo(request: PredictionsRequest): PredictionsReply {
  try {
    return { done: perform(request) };
  } catch (error) {
    closeDatabase();
    const { code, message } = error instanceof StoreError ? error : storeErrorOf(error, path);
    return { failed: { code, message } };
  }
}

function perform(request: PredictionsRequest): PredictionsAnswers[keyof PredictionsAnswers] {
  switch (request.kind) {
    case "recordPredictions":
      return tables().recordPredictions(request.predictions);
    case "recordLabels":
      return tables().recordLabels(request.labels, request.nowMs);
    case "takeMatured":
      return tables().takeMatured(request.wanted);
    case "expire":
      return tables().expire(request.limits);
    case "counts":
      return tables().counts();
    case "close":
      return closeDatabase();
    default:
      return request satisfies never;
  }
}

function tables(): PredictionTables {
  if (open === undefined) {
    const database = openPredictions(path, bounds);
    open = { database, tables: new PredictionTables(database, bounds) };
  }
  return open.tables;
}

function closeDatabase(): undefined {
  closeQuietly(open?.database);
  open = undefined;
}
