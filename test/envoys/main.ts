import { spawn } from "node:child_process";
import { findEnvoy } from "../../sidecar/envoy/find.ts";
import { ENVOY_VERSIONS, type EnvoyVersion } from "../../sidecar/envoy/wheels.ts";
import { readTap, type TestCounts } from "./tap.ts";

// npm run test:envoys [VERSION...]: the filter's end-to-end tests against each Envoy that is pinned, or those named. One line for each; exit status 1
// when any of them fails, or leaves out a test.

/** What concerns the filter and Envoy; the other files of that folder are about the sidecar, whatever the Envoy. */
const FILES = [
  "bodies",
  "conservation",
  "formats",
  "grpc",
  "headers",
  "mutualTls",
  "reconfigure",
  "shadow",
  "shadowFailures",
  "shadowLimits",
  "sidecarAbsent",
  "sidecarHostile",
  "split",
  "streaming",
  "userFailures",
  "xdsFilter",
].map((name) => new URL(`../e2e/${name}.test.ts`, import.meta.url).pathname);

/** Tests of one version that take longer are ended. */
const VERSION_MS_MAX = 600_000;
/** As many files at once as share two cores without one being late for another. */
const CONCURRENCY = 2;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const named = process.argv.slice(2);
const versions = named.length === 0 ? ENVOY_VERSIONS : named;
for (const version of versions) {
  if (!(await passes(version))) {
    process.exitCode = 1;
  }
}

/** Runs the tests against one version, and says how that went. */
async function passes(version: EnvoyVersion | string): Promise<boolean> {
  const beganMs = performance.now();
  try {
    const { path } = await findEnvoy({ env: { ...process.env, ENVOY: version }, say });
    const output = await run(path);
    const counts = readTap(output);
    const seconds = ((performance.now() - beganMs) / 1_000).toFixed(0);
    if (isGood(counts)) {
      say(`Envoy ${version}: ${counts.passed} tests passed in ${seconds} s`);
      return true;
    }
    const { tests, passed, failures, details } = counts;
    say(tests === 0 ? output : details);
    const which = failures.length === 0 ? "" : `: ${failures.join("; ")}`;
    say(`Envoy ${version}: failed, ${passed} of ${tests} tests passed in ${seconds} s${which}`);
  } catch (error) {
    say(`Envoy ${version}: failed: ${error instanceof Error ? error.message : String(error)}`);
  }
  return false;
}

/** A test that was left out is no test that passed. */
function isGood({ tests, passed }: TestCounts): boolean {
  return tests > 0 && passed === tests;
}

/** What the tests print as TAP; those under way when the time is up are missing there. */
async function run(envoy: string): Promise<string> {
  const tap = ["--test", `--test-concurrency=${CONCURRENCY}`, "--test-reporter=tap"];
  const child = spawn(process.execPath, [...tap, ...FILES], {
    env: { ...process.env, ENVOY: envoy },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: VERSION_MS_MAX,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (part: Buffer) => {
      output += part.toString();
    });
  }
  await new Promise((resolve) => child.once("close", resolve));
  return output;
}
