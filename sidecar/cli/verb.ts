import { nearest } from "../plan/nearest.ts";
import type { ExitCode } from "./exitCodes.ts";
import { type Flags, listed, parseFlags, UsageError, type Values } from "./flags.ts";
import type { Output } from "./output.ts";

/** What the help lists together. */
export const GROUPS = ["Serving", "Rollouts", "Plans and data", "Setting up"] as const;

/** One line of the table of verbs. */
export type Entry = {
  readonly name: string;
  readonly group: (typeof GROUPS)[number];
  /** What it does, in a few words. */
  readonly summary: string;
  readonly load: () => Promise<Verb>;
};

/** A verb, ready to run. */
export type Verb = Told & {
  /** Runs it; throws a UsageError, or whatever went wrong. */
  readonly run: (args: readonly string[], surroundings: Surroundings) => Promise<ExitCode>;
};

/** What the help tells of a verb. */
export type Told = {
  /**
   * The words after the verb: "NAME", "check|explain FILE", or "" for none. Words in small letters are to be said as they are; one in brackets may be
   * left out.
   */
  readonly operands: string;
  readonly flags: Flags;
  /** More sentences for its help, each a line. */
  readonly about?: readonly string[];
  /** Command lines to begin with, without `understudy`. */
  readonly examples: readonly string[];
};

/** What a verb is run in. */
export type Surroundings = {
  readonly output: Output;
  /** All verbs, for those that tell of them. */
  readonly verbs: readonly Entry[];
};

/** What a verb is asked. */
export type Call<F extends Flags> = Surroundings & {
  readonly flags: Values<F>;
  readonly operands: readonly string[];
};

/** Makes a verb whose flags and operands are read by what it tells of them. */
export function defineVerb<const F extends Flags>(
  spec: Told & { readonly flags: F; readonly run: (call: Call<F>) => Promise<ExitCode> },
): Verb {
  return {
    ...spec,
    run: async (args, surroundings) => {
      const { values, operands } = parseFlags(spec.flags, args);
      checkOperands(spec.operands, operands);
      return await spec.run({ ...surroundings, flags: values, operands });
    },
  };
}

/** Throws a UsageError unless the words are those of the form. */
export function checkOperands(form: string, operands: readonly string[]): void {
  const wanted = form.split(" ").filter((word) => word !== "");
  const problems = wanted.flatMap((word, index) => operandProblems(word, operands[index]));
  const more = operands.slice(wanted.length).map((word) => `${word}: a word too many`);
  if (problems.length + more.length > 0) {
    throw new UsageError([...problems, ...more]);
  }
}

function operandProblems(word: string, given: string | undefined): readonly string[] {
  if (word.startsWith("[")) {
    return [];
  }
  const choices = /[a-z]/.test(word) ? word.split("|") : undefined;
  if (given === undefined) {
    return [`${word}: nothing${choices === undefined ? "" : `: ${listed(choices)}`}`];
  }
  if (choices === undefined || choices.includes(given)) {
    return [];
  }
  const near = nearest(given, choices);
  return [`${given}: ${near === undefined ? listed(choices) : `${near}?`}`];
}
