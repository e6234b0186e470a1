import { runVerb } from "../../sidecar/cli/run.ts";
import { startProblems } from "../../sidecar/core/drift/problemLog.ts";
import { readTable } from "../../sidecar/formats/readTable.ts";

// One process of the drift bench: `parse FILE...` reads every cell of the files as a text, anything else is a command line of understudy.
// Prints the milliseconds since the process began, the start of Node included, and the most memory that it had.

const [verb = "", ...args] = process.argv.slice(2);
if (verb === "parse") {
  for (const file of args) {
    await parse(file);
  }
} else {
  const quiet = (): void => {
    // The bench is about time, not about what was found.
  };
  process.exitCode = await runVerb([verb, ...args], { out: quiet, err: console.error });
}
const rssBytes = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ ms: performance.now(), rssBytes }));

async function parse(file: string): Promise<void> {
  for await (const batch of readTable(file, { problems: startProblems() })) {
    for (let column = 0; column < batch.columns.length; column += 1) {
      await batch.read(column);
    }
  }
}
