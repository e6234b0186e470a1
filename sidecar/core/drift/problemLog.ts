/** How many problems of each kind are kept in full; the others are only counted. */
const PROBLEMS_LISTED_MAX = 5;
/** Longest quotation of what was found, in UTF-16 units. */
const QUOTED_MAX = 60;

/** One thing that was wrong with a table. */
export type TableProblem<Kind extends string = string> = {
  readonly kind: Kind;
  /** From 1, without a header; null where it is about no single row. */
  readonly row: number | null;
  /** Null where it is about no single column. */
  readonly column: string | null;
  /** What was found, and what became of it. */
  readonly what: string;
};

/** Everything that was wrong with a table: bounded, however long and broken it is. */
export type ProblemLog = {
  /** By kind. */
  readonly counts: Map<string, number>;
  /** The first of each kind, at most `PROBLEMS_LISTED_MAX`. */
  readonly listed: TableProblem[];
};

/** Nothing was wrong. */
export function startProblems(): ProblemLog {
  return { counts: new Map(), listed: [] };
}

/** Counts a problem, and keeps it where it is among the first of its kind. */
export function noteProblem(log: ProblemLog, problem: TableProblem): void {
  const count = (log.counts.get(problem.kind) ?? 0) + 1;
  log.counts.set(problem.kind, count);
  if (count <= PROBLEMS_LISTED_MAX) {
    log.listed.push(problem);
  }
}

/** Lines for people: the listed problems kind by kind, and how many more there were of it. */
export function formatProblems({ counts, listed }: ProblemLog): readonly string[] {
  return [...counts].flatMap(([kind, count]) => {
    const shown = listed.filter((problem) => problem.kind === kind);
    const more = count - shown.length;
    return [
      ...shown.map(formatProblem),
      ...(more === 0 ? [] : [`${kind}: ${more} more, ${count} in all`]),
    ];
  });
}

/** What was found, in quotes, cut where it is long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > QUOTED_MAX ? `${text.slice(0, QUOTED_MAX)}…` : text);
}

function formatProblem({ kind, row, column, what }: TableProblem): string {
  const where = [
    ...(row === null ? [] : [`row ${row}`]),
    ...(column === null ? [] : [`column ${quoted(column)}`]),
  ].join(", ");
  return `${kind}: ${where === "" ? "" : `${where}: `}${what}`;
}
