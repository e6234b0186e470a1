/** Throws an Error with the message when the condition is false: something that only a mistake in the program can cause. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) {
    throw new Error(`assertion failed: ${message}`);
  }
}
