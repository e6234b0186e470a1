import { parseArgs } from "node:util";
import { nearest } from "../plan/nearest.ts";

/** One flag of a verb, as `parseArgs` takes it and the help tells of it. */
export type Flag = {
  readonly type: "string" | "boolean";
  readonly multiple?: boolean;
  readonly default?: string | boolean | string[];
  /** Must be given. */
  readonly required?: boolean;
  /** What the help calls its value: FILE, NAME, ADDR ... */
  readonly value?: string;
  /** The only values that it may have. */
  readonly choices?: readonly string[];
  /** What is allowed, where a value is not. */
  readonly check?: (value: string) => string | undefined;
  readonly meaning: string;
};

/** A flag that is given or not. */
export type Switch = Flag & { readonly type: "boolean" };
/** A flag with a value, which may be left out. */
export type Optional = Flag & { readonly type: "string" };
/** A flag with a value that stands when it is left out. */
export type Preset = Optional & { readonly default: string };
/** A flag that may be given often. */
export type Repeated = Optional & { readonly multiple: true };

/** The flags of a verb by their names, without the dashes. */
export type Flags = Readonly<Record<string, Flag>>;

/** What is given of flags. */
export type Values<F extends Flags> = {
  readonly [Name in keyof F]: F[Name] extends { readonly type: "boolean" }
    ? boolean
    : F[Name] extends { readonly multiple: true }
      ? readonly string[]
      : F[Name] extends { readonly default: string } | { readonly required: true }
        ? string
        : string | undefined;
};

/** A command line that is not one; `problems` are sentences, `what: what was given: what is allowed`. */
export class UsageError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.name = "UsageError";
    this.problems = problems;
  }
}

/** What a command line gives of the flags, and the words between them. Throws a UsageError with every problem of it. */
export function parseFlags<F extends Flags>(
  flags: F,
  args: readonly string[],
): { readonly values: Values<F>; readonly operands: readonly string[] } {
  const { values, positionals } = parse(flags, args);
  const problems = Object.entries(flags).flatMap(([name, flag]) => problemsOf(name, flag, values));
  if (problems.length > 0 || !fits(flags, values)) {
    throw new UsageError(problems);
  }
  return { values, operands: positionals };
}

type Given = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

function parse(
  flags: Flags,
  args: readonly string[],
): { readonly values: Given; readonly positionals: readonly string[] } {
  const unset = Object.entries(flags).flatMap(([name, { type, multiple, default: preset }]) => {
    const empty = multiple === true ? [] : type === "boolean" ? false : undefined;
    return [[name, preset ?? empty] as const];
  });
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { type, multiple }]) => [
      name,
      { type, multiple: multiple === true },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    return { values: { ...Object.fromEntries(unset), ...values }, positionals };
  } catch (error) {
    throw new UsageError([misparsed(error, Object.keys(flags))]);
  }
}

/** Node's own words, but for a flag that is not there: the one that is meant. */
function misparsed(error: unknown, known: readonly string[]): string {
  const message = error instanceof Error ? error.message : String(error);
  const flag = /^Unknown option '--?([^'=]+)/.exec(message)?.[1];
  if (flag === undefined) {
    return message;
  }
  const near = nearest(flag, known);
  return `--${flag}: no flag here${near === undefined ? "" : `: --${near}?`}`;
}

function problemsOf(name: string, flag: Flag, values: Given): readonly string[] {
  const value = values[name];
  if (flag.required === true && value === undefined) {
    return [`--${name}: nothing: ${flag.meaning}`];
  }
  return [value].flat().flatMap((each) => {
    const allowed = typeof each === "string" ? misfit(flag, each) : undefined;
    return allowed === undefined ? [] : [`--${name}: ${each}: ${allowed}`];
  });
}

function misfit({ choices, check }: Flag, value: string): string | undefined {
  if (choices !== undefined && !choices.includes(value)) {
    return listed(choices);
  }
  return check?.(value);
}

/** Checks that a flag's value is a whole number between these. */
export function wholeNumber(min: number, max: number): (value: string) => string | undefined {
  return (value) => {
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    return number >= min && number <= max ? undefined : `a whole number from ${min} to ${max}`;
  };
}

/** "a, b or c". */
export function listed(words: readonly string[]): string {
  return [words.slice(0, -1).join(", "), words.at(-1) ?? ""]
    .filter((part) => part !== "")
    .join(" or ");
}

function fits<F extends Flags>(flags: F, values: object): values is Values<F> {
  const given = new Map(Object.entries(values));
  return Object.entries(flags).every(([name, { required }]) => {
    return required !== true || given.get(name) !== undefined;
  });
}
