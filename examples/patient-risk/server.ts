import { parseArgs } from "node:util";
import { modelServer } from "./api.ts";
import { noFaults, oneInTen } from "./faults.ts";
import { loadModel, VERSIONS } from "./model.ts";

// Serves one version of the model on loopback: node server.ts --version v2 --port 8080

const SEED = 3;

const { values } = parseArgs({
  options: { version: { type: "string" }, port: { type: "string", default: "0" } },
});
const version = VERSIONS.find((name) => name === values.version);
const port = Number(values.port);
if (version === undefined || !Number.isInteger(port) || port < 0 || port > 65_535) {
  console.error(`usage: node server.ts --version ${VERSIONS.join("|")} [--port 0..65535]`);
  process.exit(2);
}

const server = modelServer(await loadModel(version), version === "v4" ? oneInTen(SEED) : noFaults);
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
