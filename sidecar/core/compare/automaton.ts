import type { Segment } from "./path.ts";

/** What the rules say of the values on a path. */
export type Effect =
  | { readonly kind: "ignore" }
  | { readonly kind: "unordered" }
  | { readonly kind: "tolerance"; readonly absolute: number; readonly relative: number }
  /** Texts are equal from this similarity on. */
  | { readonly kind: "similar"; readonly similarity: number }
  /** The array's elements are objects that are known by their member `name`. */
  | { readonly kind: "named" }
  /** Samples for people show the value, or nothing but its type; hiding goes before showing. */
  | { readonly kind: "disclose"; readonly as: "shown" | "hidden" };

/** A path and what it stands for. */
export type Pattern = { readonly segments: readonly Segment[]; readonly effect: Effect };

/**
 * What the rules say of one value and where its children go: a state of a deterministic automaton over all patterns. It is
 * walked along with the documents, so that no path is built or matched as text. Undefined in place of a state means that no
 * rule applies there or anywhere below.
 */
export type PathState = {
  /** Nothing at or below this value counts. */
  readonly ignored: boolean;
  /** The order of this array means nothing. */
  readonly unordered: boolean;
  /** The widest of the tolerances on this value; zeros when there is none. */
  readonly absolute: number;
  readonly relative: number;
  /** Texts are equal from this similarity on, 0 to 1; 1 is equal to the letter. */
  readonly similarity: number;
  /** Whether a tolerance or a similarity applies to this value or may apply to one below. */
  readonly tolerant: boolean;
  /** Whether elements of this array are called by their member `name`, in paths and by rules. */
  readonly named: boolean;
  /** How much of the value samples for people tell: all, nothing but its type, or what is safe without a rule. */
  readonly disclosure: "shown" | "hidden" | "default";
  /** Children whose key a rule names; all the others go to `otherName` or `otherIndex`. */
  readonly names: ReadonlyMap<string, PathState>;
  readonly otherName: PathState | undefined;
  readonly indices: ReadonlyMap<number, PathState>;
  readonly otherIndex: PathState | undefined;
};

/** The state of a member of an object. */
export function nameState(state: PathState | undefined, name: string): PathState | undefined {
  return state === undefined ? undefined : (state.names.get(name) ?? state.otherName);
}

/** The state of an element of an array. */
export function indexState(state: PathState | undefined, index: number): PathState | undefined {
  return state === undefined ? undefined : (state.indices.get(index) ?? state.otherIndex);
}

/** The state of an element that has a name: a rule that says the name goes before one that says the index. */
export function namedState(
  state: PathState | undefined,
  name: string,
  index: number,
): PathState | undefined {
  return state?.names.get(name) ?? indexState(state, index);
}

/** Work that `buildAutomaton` may do: patterns with `..` and `*` can combine to very many states. */
export const AUTOMATON_WORK_MAX = 200_000;

/** An automaton, by its first state, which is the whole document's. */
export type Automaton =
  | { readonly kind: "automaton"; readonly first: PathState | undefined }
  | { readonly kind: "tooComplex" };

/** A pattern, and how many of its segments are behind. */
type Position = { readonly pattern: Pattern; readonly order: number; readonly done: number };
type Marks = Omit<PathState, "names" | "indices" | "otherName" | "otherIndex">;
type Draft = { -readonly [Mark in keyof Marks]: Marks[Mark] } & {
  readonly positions: readonly Position[];
  readonly names: Map<string, Draft>;
  otherName: Draft | undefined;
  readonly indices: Map<number, Draft>;
  otherIndex: Draft | undefined;
};
type Builder = { readonly drafts: Map<string, Draft>; readonly open: Draft[]; work: number };

/** Joins patterns into one automaton (subset construction), unless that takes more work than `AUTOMATON_WORK_MAX`. */
export function buildAutomaton(patterns: readonly Pattern[]): Automaton {
  const builder: Builder = { drafts: new Map(), open: [], work: 0 };
  const first = draftOf(
    builder,
    patterns.map((pattern, order) => ({ pattern, order, done: 0 })),
  );
  for (let draft = builder.open.pop(); draft !== undefined; draft = builder.open.pop()) {
    connect(builder, draft);
    if (builder.work > AUTOMATON_WORK_MAX) {
      return { kind: "tooComplex" };
    }
  }
  markTolerant([...builder.drafts.values()]);
  return { kind: "automaton", first };
}

function draftOf(builder: Builder, positions: readonly Position[]): Draft | undefined {
  if (positions.length === 0) {
    return undefined;
  }
  const key = positions.map((position) => `${position.order}:${position.done}`).join();
  const known = builder.drafts.get(key);
  if (known !== undefined) {
    return known;
  }
  const draft = newDraft(positions);
  builder.drafts.set(key, draft);
  if (!draft.ignored) {
    builder.open.push(draft);
  }
  return draft;
}

function newDraft(positions: readonly Position[]): Draft {
  const draft: Draft = {
    ignored: false,
    unordered: false,
    absolute: 0,
    relative: 0,
    similarity: 1,
    tolerant: false,
    named: false,
    disclosure: "default",
    positions,
    names: new Map(),
    otherName: undefined,
    indices: new Map(),
    otherIndex: undefined,
  };
  for (const { pattern, done } of positions) {
    if (done === pattern.segments.length) {
      applyEffect(draft, pattern.effect);
    }
  }
  return draft;
}

function applyEffect(draft: Draft, effect: Effect): void {
  switch (effect.kind) {
    case "ignore":
      draft.ignored = true;
      break;
    case "unordered":
      draft.unordered = true;
      break;
    case "tolerance":
      draft.absolute = Math.max(draft.absolute, effect.absolute);
      draft.relative = Math.max(draft.relative, effect.relative);
      draft.tolerant = true;
      break;
    case "similar":
      draft.similarity = Math.min(draft.similarity, effect.similarity);
      draft.tolerant = true;
      break;
    case "named":
      draft.named = true;
      break;
    case "disclose":
      draft.disclosure = draft.disclosure === "hidden" ? "hidden" : effect.as;
      break;
    default:
      effect satisfies never;
  }
}

function connect(builder: Builder, draft: Draft): void {
  draft.otherName = draftOf(builder, advance(builder, draft, "name"));
  draft.otherIndex = draftOf(builder, advance(builder, draft, "index"));
  for (const { pattern, done } of draft.positions) {
    const segment = pattern.segments[done];
    if (segment?.kind === "name") {
      connectName(builder, draft, segment.name);
    } else if (segment?.kind === "index") {
      connectIndex(builder, draft, segment.index);
    }
  }
}

function connectName(builder: Builder, draft: Draft, name: string): void {
  const next = draft.names.has(name)
    ? undefined
    : draftOf(builder, advance(builder, draft, "name", name));
  if (next !== undefined) {
    draft.names.set(name, next);
  }
}

function connectIndex(builder: Builder, draft: Draft, index: number): void {
  const next = draft.indices.has(index)
    ? undefined
    : draftOf(builder, advance(builder, draft, "index", index));
  if (next !== undefined) {
    draft.indices.set(index, next);
  }
}

/** Where a state's positions go by one key; without a key, by one that no rule names. */
function advance(
  builder: Builder,
  draft: Draft,
  kind: "name" | "index",
  key?: string | number,
): readonly Position[] {
  builder.work += draft.positions.length;
  // By pattern and segment, as what was stayed at may be reached as well.
  const next = new Map<string, Position>();
  for (const position of draft.positions) {
    const { pattern, order, done } = position;
    const segment = pattern.segments[done];
    if (segment?.deep === true) {
      next.set(`${order}:${done}`, position);
    }
    if (segment !== undefined && matches(segment, kind, key)) {
      next.set(`${order}:${done + 1}`, { pattern, order, done: done + 1 });
    }
  }
  return [...next.values()];
}

function matches(
  segment: Segment,
  kind: "name" | "index",
  key: string | number | undefined,
): boolean {
  if (segment.kind === "any") {
    return true;
  }
  return segment.kind === kind && key === (segment.kind === "name" ? segment.name : segment.index);
}

function markTolerant(drafts: readonly Draft[]): void {
  for (let changed = true; changed; ) {
    changed = false;
    for (const draft of drafts) {
      if (!draft.tolerant && childrenOf(draft).some((child) => child?.tolerant === true)) {
        draft.tolerant = true;
        changed = true;
      }
    }
  }
}

function childrenOf(draft: Draft): readonly (Draft | undefined)[] {
  return [draft.otherName, draft.otherIndex, ...draft.names.values(), ...draft.indices.values()];
}
