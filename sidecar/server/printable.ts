/** How much of what others said people are shown. */
const PRINTED_LENGTH_MAX = 256;

/** What a proxy said, as far as people are shown it. */
export function printable(text: string): string {
  return text.slice(0, PRINTED_LENGTH_MAX).replaceAll(/[^\x20-\x7e]/g, "?");
}
