const CODES = { red: 31, green: 32, yellow: 33 } as const;

/** A colour of the terminal. */
export type Colour = keyof typeof CODES;

/** The text in a colour of the terminal. */
export function painted(text: string, colour: Colour): string {
  return `\u001b[${CODES[colour]}m${text}\u001b[0m`;
}
