const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const SHOWN_MAX = 120;

/** A text as HTML shows it: nothing in it is markup, no control character is in it, and a long one is cut. */
export function escaped(text: string): string {
  const cut = text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
  return cut
    .replace(/\p{Cc}/gu, "\u{fffd}")
    .replace(/[&<>"']/g, (letter) => ENTITIES[letter] ?? "");
}

/** A number between 0 and a few, with three decimals; a dash where it can't be said. */
export function fixed(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : value.toFixed(3);
}

/** A chance for people: two digits, and no more zeros than matter. */
export function chance(pValue: number | null): string {
  if (pValue === null) {
    return "–";
  }
  if (pValue < 1e-12) {
    return "<1e-12";
  }
  return pValue < 0.001 ? pValue.toExponential(1) : String(Number(pValue.toPrecision(2)));
}
