const children = new Set<number>();

/** Ends a child process by force when this process ends before it, also when the test runner gives up on this one. */
export function endWithThisProcess(pid: number): void {
  if (children.size === 0) {
    process.once("exit", () => children.forEach(kill));
    process.once("SIGTERM", () => process.exit(143));
    process.once("SIGINT", () => process.exit(130));
  }
  children.add(pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}
