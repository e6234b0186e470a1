/** What became of tests. */
export type TestCounts = {
  readonly tests: number;
  readonly passed: number;
  /** Names of those that failed, without the files that they are in. */
  readonly failures: readonly string[];
  /** What was printed about them. */
  readonly details: string;
};

/** Reads what `node --test --test-reporter=tap` printed; no tests when it did not come to its end. */
export function readTap(output: string): TestCounts {
  const failed = [...output.matchAll(/^\s*not ok \d+ - (.+)$/gm)].map((match) => match[1] ?? "");
  return {
    tests: total(output, "tests"),
    passed: total(output, "pass"),
    failures: failed.filter((name) => !name.endsWith(".test.ts")),
    details: [...output.matchAll(/^\s*not ok [\s\S]*?^\s*\.\.\.$/gm)].join("\n"),
  };
}

function total(output: string, name: string): number {
  return Number(new RegExp(`^# ${name} (\\d+)$`, "m").exec(output)?.[1] ?? 0);
}
