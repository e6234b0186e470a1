import { parseArgs } from "node:util";
import { modelServer } from "./api.ts";
import { noFaults, oneInTen } from "./faults.ts";
import { loadModel, loadRetrained, VERSIONS } from "./model.ts";

// Serves one version of the model on loopback: node server.ts --version v2 --port 8080. With --retrained FOLDER it is what retrain.py wrote there.

const SEED = 3;
/** Predictions before the first request, so that it does not wait for the compiler. */
const WARM_UP_ROUNDS = 500;

const { values } = parseArgs({
  options: {
    version: { type: "string" },
    port: { type: "string", default: "0" },
    retrained: { type: "string" },
  },
});
const version = VERSIONS.find((name) => name === values.version);
const port = Number(values.port);
if (version === undefined || !Number.isInteger(port) || port < 0 || port > 65_535) {
  console.error(
    `usage: node server.ts --version ${VERSIONS.join("|")} [--port 0..65535] [--retrained FOLDER]`,
  );
  process.exit(2);
}

const model =
  values.retrained === undefined
    ? await loadModel(version)
    : await loadRetrained(version, values.retrained);
for (let round = 0; round < WARM_UP_ROUNDS; round += 1) {
  await model.predict(new Float32Array(model.featureCount), 1);
}
const server = modelServer(model, version === "v4" ? oneInTen(SEED) : noFaults);
// Who ends an idle connection risks that a request is on its way: that is left to Envoy.
server.keepAliveTimeout = 0;
server.on("error", (error) => {
  console.error(`cannot listen on port ${port}: ${error.message}`);
  process.exit(1);
});
server.listen(port, "127.0.0.1", () => {
  const address = server.address();
  const bound = typeof address === "object" && address !== null ? address.port : port;
  console.log(JSON.stringify({ msg: "listening", version, port: bound }));
});
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
  });
}
