import { readFile } from "node:fs/promises";

// A gate: whether the candidate's server is there. node deployed.ts PORTS, a file of JSON: ports by version. Exit code 0 when it is, 75 while it is not.

const LATER = 75;
const [portsFile = ""] = process.argv.slice(2);
const version = process.env.UNDERSTUDY_CANDIDATE ?? "";
const ports: Readonly<Record<string, number>> = JSON.parse(await readFile(portsFile, "utf8"));
const isReady = await fetch(`http://127.0.0.1:${ports[version]}/v2/health/ready`).then(
  ({ ok }) => ok,
  () => false,
);
console.log(isReady ? `${version} is deployed` : `${version} is not deployed yet`);
process.exitCode = isReady ? 0 : LATER;
