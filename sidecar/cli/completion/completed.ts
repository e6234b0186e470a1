import type { Told } from "../verb.ts";

/** A verb that a shell completes. */
export type Completed = { readonly name: string; readonly summary: string; readonly told: Told };

/** With what a place is filled that has no list of words: files, names of rollouts, or nothing that could be known. */
export type Fill = "files" | "names" | "none";

/** With what a flag's value is filled, by what the help calls it. */
export function fillOf(value: string | undefined): Fill {
  return value === "FILE" || value === "FOLDER" ? "files" : "none";
}

/** The words that the first operand may be, and with what else operands are filled; "" where there are none. */
export function operandsOf({ operands }: Told): {
  readonly choices: readonly string[];
  readonly fill: Fill | "";
} {
  const words = operands.split(" ");
  return {
    choices: words.filter((word) => /[a-z]/.test(word)).flatMap((word) => word.split("|")),
    fill: /\bFILE\b/.test(operands) ? "files" : words.includes("NAME") ? "names" : "",
  };
}
