/** Without control characters, which would steer the terminal; what others wrote is among the words. */
export function plain(text: string): string {
  return text.replace(/(?!\n)\p{Cc}/gu, "\u{fffd}");
}
