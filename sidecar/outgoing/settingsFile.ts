import { dirname, resolve } from "node:path";
import { type Fitting, problemOf } from "../plan/misfit.ts";
import { formatProblem, type Problem } from "../plan/problem.ts";
import { readYaml } from "../plan/yamlText.ts";
import { type Environment, Finder } from "./finder.ts";
import { FILE_BYTES_MAX, smallText } from "./smallText.ts";

/** How a kind of file is read. */
export type SettingsForm<Document, Settings> = {
  /** The flag that names it, and what it is about when a problem is of no field: `alerts`. */
  readonly flag: string;
  readonly fit: (value: unknown) => Fitting<Document>;
  /** Finds what the document refers to, and says to the finder what is wrong between its fields. */
  readonly find: (document: Document, finder: Finder) => Settings;
};

/** The settings, or everything that is wrong, a line each. */
export type ReadSettings<Settings> =
  | { readonly settings: Settings }
  | { readonly problems: readonly string[] };

/** Reads a file of settings in YAML, with what it names: paths from its own folder, variables of `environment`. Never throws. */
export function readSettings<Document, Settings>(
  path: string,
  environment: Environment,
  { flag, fit, find }: SettingsForm<Document, Settings>,
): ReadSettings<Settings> {
  const refused = (problems: readonly Problem[]) => ({ problems: written(path, flag, problems) });
  const text = smallText(path);
  if (text === undefined) {
    return { problems: [`--${flag}: ${path}: a file of at most ${FILE_BYTES_MAX} bytes`] };
  }
  const yaml = readYaml(text);
  if (yaml.kind === "unreadable") {
    return refused(yaml.problems);
  }
  const fitting = fit(yaml.value);
  if (fitting.kind === "misfits") {
    const misfits = fitting.misfits.map((misfit) => problemOf(misfit, yaml));
    return refused([...yaml.problems, ...misfits]);
  }
  const finder = new Finder(yaml, { folder: dirname(resolve(path)), environment });
  const settings = find(fitting.document, finder);
  const problems = [...yaml.problems, ...finder.problems];
  return problems.length > 0 ? refused(problems) : { settings };
}

function written(path: string, flag: string, problems: readonly Problem[]): readonly string[] {
  return problems
    .toSorted((a, b) => a.line - b.line || a.column - b.column)
    .map((problem) => `${path}: ${formatProblem(discreet(problem, flag))}`);
}

/** The problem without what may be a secret: some URLs are. */
function discreet(problem: Problem, flag: string): Problem {
  const { field, given } = problem;
  return {
    ...problem,
    field: field === "" ? flag : field,
    given: field.endsWith("url") ? "what is there" : given,
  };
}
