import { stringify } from "yaml";
import type { ExitCode } from "./exitCodes.ts";
import { plain } from "./plain.ts";

/** Where the words go, and what else a verb needs of the process. */
export type Output = {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Whether `out` shows colours. */
  readonly hasColours?: boolean;
  /** The caller's token, as the environment has it. */
  readonly token?: string | undefined;
  /** Serves, with the flags of `serve`, until the process is told to end. */
  readonly serve?: (flags: readonly string[]) => Promise<ExitCode>;
};

/** The flag of every verb that prints what programs read too. */
export const OUTPUT_FLAGS = {
  output: {
    type: "string",
    default: "table",
    choices: ["table", "json", "yaml"],
    meaning: "table for people; json (one line) or yaml for programs",
  },
} as const;

/** The same in two ways: a value that JSON can hold, and a text for people. */
export type Printable = { readonly json: () => unknown; readonly text: () => string };

/** What `--output` asks for. Control characters of others do not reach the terminal; what the text itself paints is its own matter. */
export function inForm(form: string, { json, text }: Printable): string {
  switch (form) {
    case "json":
      return JSON.stringify(json()).replace(/[\u007f-\u009f]/g, escaped);
    case "yaml":
      return plain(stringify(json())).trimEnd();
    default:
      return text();
  }
}

function escaped(letter: string): string {
  return `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
