import { startProblems } from "../../sidecar/core/drift/problemLog.ts";

// One process of the drift bench: `parse FILE` reads every cell of the file as a text; `typed FILE` numbers as numbers and the rest as texts;
// profile and drift are those commands of understudy.
// Prints the milliseconds since the process began, the start of Node included, and the most memory that it had.

const [verb = "", ...args] = process.argv.slice(2);
const output = {
  out: (): void => {
    // The bench is about time, not about what was found.
  },
  err: console.error,
};
process.exitCode = await run();
const rssBytes = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ ms: performance.now(), rssBytes }));

async function run(): Promise<number> {
  if (verb === "parse" || verb === "typed") {
    return parse(args[0] ?? "", verb === "parse");
  }
  const { runVerb } = await import("../../sidecar/cli/run.ts");
  return runVerb([verb, ...args], output);
}

async function parse(file: string, isText: boolean): Promise<number> {
  const { readTable } = await import("../../sidecar/formats/readTable.ts");
  const texts = new Set<number>();
  for await (const batch of readTable(file, { problems: startProblems() })) {
    for (let column = 0; column < batch.columns.length; column += 1) {
      if (isText || texts.has(column)) {
        await batch.read(column);
      } else if ((await batch.readNumbers(column)).odd.length > 0) {
        texts.add(column);
      }
    }
  }
  return 0;
}
