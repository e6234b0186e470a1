import { findBinaries } from "./binaries.ts";

// Fills the cache before the tests, with its progress in sight: they would wait for it in silence.
const say = (line: string): boolean => process.stderr.write(`${line}\n`);
const found = await findBinaries(process.env, say);
if ("missing" in found) {
  say(`mesh: the tests will be skipped: ${found.missing}`);
}
