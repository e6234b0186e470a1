const LINE_MAX = 1_000;

/** A text of others on one line, cut after 1,000 characters, with nothing in it that a terminal or a text direction would obey. */
export function plainLine(text: string, charactersMax: number = LINE_MAX): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, " ").trim();
  return plain.length <= charactersMax ? plain : `${plain.slice(0, charactersMax - 1)}…`;
}
