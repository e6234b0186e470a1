import { Composer, isMap, isSeq, LineCounter, type Node } from "yaml";
import { type FieldPath, formatField, type Problem } from "./problem.ts";
import { findField, plainValue, type Refusal } from "./yamlNodes.ts";
import { tokenize } from "./yamlTokens.ts";

/** A YAML text as plain values, or what is wrong with it. */
export type YamlText =
  | { readonly kind: "unreadable"; readonly problems: readonly Problem[] }
  | {
      readonly kind: "read";
      readonly value: unknown;
      /** What is refused though it can be read. */
      readonly problems: readonly Problem[];
      /** Where a field's value is written, or what lacks it. */
      readonly locate: (path: FieldPath) => Location;
      /** Where a field's key is written. */
      readonly locateKey: (path: FieldPath) => Location;
    };

/** A place in the text, line and column from 1, and what is written there. */
export type Location = Pick<Problem, "line" | "column" | "given">;

const OPTIONS = {
  version: "1.2",
  schema: "core",
  merge: false,
  stringKeys: true,
  // Found by plainValue, in linear time.
  uniqueKeys: false,
  logLevel: "silent",
  prettyErrors: false,
} as const;

/**
 * Reads YAML 1.2 (of which JSON is a part) that means what it shows: no anchors, aliases, merge keys, tags, directives or second
 * documents, and no key twice.
 */
export function readYaml(text: string): YamlText {
  const source: Source = { text, lines: new LineCounter() };
  const tokenized = tokenize(text, source.lines.addNewLine);
  if (tokenized.kind === "refused") {
    return unreadable([problemAt(source, tokenized.offset, tokenized.allowed)]);
  }
  const [document] = new Composer(OPTIONS).compose(tokenized.tokens, true, text.length);
  const errors = document?.errors ?? [];
  if (errors.length > 0) {
    return unreadable(
      errors.map((error) => problemAt(source, error.pos[0], `valid YAML (${error.message})`)),
    );
  }
  const root = document?.contents ?? undefined;
  const refusals: Refusal[] = [];
  const value = plainValue(root, [], refusals);
  return {
    kind: "read",
    value,
    problems: refusals.map(({ path, node, allowed }) => ({
      field: formatField(path),
      ...locationOf(source, node),
      allowed,
    })),
    locate: (path) => {
      const field = findField(root, path);
      const location = locationOf(source, field.value ?? field.key ?? field.holder);
      return field.value === undefined ? { ...location, given: "nothing" } : location;
    },
    locateKey: (path) => locationOf(source, findField(root, path).key ?? root),
  };
}

function unreadable(problems: readonly Problem[]): YamlText {
  return { kind: "unreadable", problems };
}

type Source = { readonly text: string; readonly lines: LineCounter };

function problemAt(source: Source, offset: number, allowed: string): Problem {
  return { field: "", ...placeOf(source, offset), given: excerpt(source, offset), allowed };
}

function locationOf(source: Source, node: Node | undefined): Location {
  const [start, end] = node?.range ?? [0, 0];
  const place = placeOf(source, start);
  if (isMap(node)) {
    return { ...place, given: "a mapping" };
  }
  return { ...place, given: isSeq(node) ? "a list" : excerpt(source, start, end) };
}

function placeOf(source: Source, offset: number): Pick<Problem, "line" | "column"> {
  const { line, col } = source.lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

const EXCERPT_MAX = 60;

/** The first line of what is written from `start` on, cut when long, with nothing that a terminal would obey. */
function excerpt(source: Source, start: number, end: number = source.text.length): string {
  const [line = ""] = source.text.slice(start, Math.min(end, start + EXCERPT_MAX)).split("\n", 1);
  const written = printable(line.trim());
  return written === "" ? "nothing" : written;
}

function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, "\uFFFD");
}
