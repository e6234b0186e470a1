#!/usr/bin/env node
// Starts the command line, on a Node that can run it: this one from 24 on, else the one that npm brought along.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import nodeModule, { createRequire } from "node:module";
import { constants, homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const NODE_MIN = 24;
const BUNDLED = `node-${process.platform}-${process.arch}`;

/** The sources in the repository; what was emitted of them in a package, where Node strips no types. */
const main = ["../sidecar/main.ts", "../dist/sidecar/main.js"]
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((path) => existsSync(path));

/** Compiled code is kept for the next time, of this user alone: half of what most verbs take is compiling. */
const COMPILED = compiledFolder();

if (Number(process.versions.node.split(".")[0]) >= NODE_MIN) {
  if (COMPILED !== undefined) {
    nodeModule.enableCompileCache(COMPILED);
  }
  await import(pathToFileURL(main).href);
} else {
  const node = bundledNode();
  if (node === undefined) {
    process.stderr.write(
      `understudy needs Node ${NODE_MIN} or later, and this is ${process.versions.node}: install a later one, or let npm install the optional package ${BUNDLED}\n`,
    );
    process.exitCode = 1;
  } else {
    runOn(node);
  }
}

/** Below the user's cache folder; undefined for a user without a home, as in many containers. */
function compiledFolder() {
  try {
    const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
    return join(cache, "understudy", "compiled");
  } catch {
    return undefined;
  }
}

/** Node as an npm package, where it is there for this machine. */
function bundledNode() {
  try {
    return createRequire(import.meta.url).resolve(`${BUNDLED}/bin/node`);
  } catch {
    return undefined;
  }
}

/** Runs the same on another Node, to which signals go and whose end is ours. */
function runOn(node) {
  const child = spawn(node, [main, ...process.argv.slice(2)], {
    stdio: "inherit",
    env: { ...(COMPILED && { NODE_COMPILE_CACHE: COMPILED }), ...process.env },
  });
  for (const signal of ["SIGTERM", "SIGHUP", "SIGINT"]) {
    process.on(signal, () => {
      // Control-C in a terminal reaches both.
      if (signal !== "SIGINT" || process.stdin.isTTY !== true) {
        child.kill(signal);
      }
    });
  }
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal];
  });
}
