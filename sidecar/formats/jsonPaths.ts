import { compilePath, singularSteps } from "./jsonPath.ts";

/** Finds what each of several JSONPaths points to in a document, in their order: undefined for nothing. */
export type ManyFinder = (document: unknown) => unknown[];

/** A place in a document on the way to what paths point to. */
type Place = {
  /** Paths that end here, by their position. */
  readonly ends: number[];
  readonly members: Member[];
  readonly elements: { readonly index: number; readonly place: Place }[];
};

type Member = {
  readonly name: string;
  /** Whether objects have something of this name that is not their own. */
  readonly isInherited: boolean;
  readonly place: Place;
};

/**
 * Compiles JSONPaths (RFC 9535) that are asked for together; undefined stands for one that finds nothing. Those of nothing but names and indexes are
 * followed in one walk, which enters each part of the document once. A path that fails on a document, which may be nested too deeply for it, finds
 * nothing there. Throws an Error that says what is wrong with a path.
 */
export function compilePaths(paths: readonly (string | undefined)[]): ManyFinder {
  const root = placeOf();
  const others: { readonly position: number; readonly path: string }[] = [];
  for (const [position, path] of paths.entries()) {
    const steps = path === undefined ? undefined : singularSteps(path);
    if (steps !== undefined) {
      steps.reduce(enter, root).ends.push(position);
    } else if (path !== undefined) {
      others.push({ position, path });
    }
  }
  const queries = others.map(({ position, path }) => ({ position, find: compilePath(path) }));
  return (document) => {
    const found = new Array<unknown>(paths.length).fill(undefined);
    walk(document, root, found);
    for (const { position, find } of queries) {
      found[position] = attempt(find, document);
    }
    return found;
  };
}

function placeOf(): Place {
  return { ends: [], members: [], elements: [] };
}

/** The place that is one step further, new if no path went there before. */
function enter({ members, elements }: Place, step: string | number): Place {
  const known =
    typeof step === "string"
      ? members.find(({ name }) => name === step)
      : elements.find(({ index }) => index === step);
  if (known !== undefined) {
    return known.place;
  }
  const place = placeOf();
  if (typeof step === "string") {
    members.push({ name: step, isInherited: step in Object.prototype, place });
  } else {
    elements.push({ index: step, place });
  }
  return place;
}

function walk(value: unknown, { ends, members, elements }: Place, found: unknown[]): void {
  for (let at = 0; at < ends.length; at += 1) {
    found[ends[at] ?? 0] = value;
  }
  if (Array.isArray(value)) {
    for (const { index, place } of elements) {
      walk(value.at(index), place, found);
    }
  } else if (members.length > 0 && isObject(value)) {
    walkMembers(value, members, found);
  }
}

function walkMembers(
  object: Readonly<Record<string, unknown>>,
  members: readonly Member[],
  found: unknown[],
): void {
  for (let at = 0; at < members.length; at += 1) {
    const member = members[at];
    if (member !== undefined && (!member.isInherited || Object.hasOwn(object, member.name))) {
      walk(object[member.name], member.place, found);
    }
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function attempt(find: (document: unknown) => unknown, document: unknown): unknown {
  try {
    return find(document);
  } catch {
    return undefined;
  }
}
