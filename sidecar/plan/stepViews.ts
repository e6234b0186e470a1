import type { FieldPath } from "./problem.ts";
import { at, isMapping, listAt, shareOf } from "./rawValue.ts";
import { PRESETS, WEIGHTS_PRESET } from "./strategySchema.ts";

/** Kinds of steps, as plans name them. */
export const STEP_KINDS = ["shadow", "canary", "preview", "switch", "pause"] as const;
type StepKind = (typeof STEP_KINDS)[number];

/** A step of a plan that may not fit the schema, written as such or by a strategy. */
export type StepView = {
  /** Where it is written. */
  readonly path: FieldPath;
  readonly kind: StepKind;
  /** Its settings, or those of the strategy that it belongs to. */
  readonly settings: unknown;
  /** Whether requests are copied; undefined where that can't be said. */
  readonly shadows: boolean | undefined;
  /** A canary's weight, as it is written, and where. */
  readonly weight: unknown;
  readonly weightPath: FieldPath;
  /** Names of the hooks before and after it, as far as they can be told. */
  readonly gates: readonly unknown[];
};

type Draft = Omit<StepView, "shadows">;

/** The steps of a plan in order; an entry that is not exactly one step or strategy is passed over. */
export function stepViews(value: unknown): readonly StepView[] {
  const drafts = [
    ...listAt(value, ["spec", "steps"]).flatMap((step, index) =>
      entryOf(step, STEP_KINDS, ["spec", "steps", index]).map(({ path, kind, settings }) => ({
        ...draftOf(path, kind, settings),
        gates: gatesIn(at(settings, ["gates"])),
      })),
    ),
    ...listAt(value, ["spec", "strategy"]).flatMap((item, index) =>
      entryOf(item, PRESETS, ["spec", "strategy", index]).flatMap(expanded),
    ),
  ];
  let shadowed = false;
  return drafts.map((draft) => {
    shadowed ||= draft.kind === "shadow";
    const percent = at(draft.settings, ["shadowPercent"]);
    return { ...draft, shadows: percent === undefined ? shadowed : isAboveZero(percent) };
  });
}

type Entry<Kind> = { readonly path: FieldPath; readonly kind: Kind; readonly settings: unknown };

function entryOf<Kind extends string>(
  entry: unknown,
  kinds: readonly Kind[],
  path: FieldPath,
): readonly Entry<Kind>[] {
  if (typeof entry === "string") {
    return kinds.filter((kind) => kind === entry).map((kind) => ({ path, kind, settings: {} }));
  }
  const found = kinds.filter((kind) => at(entry, [kind]) !== undefined);
  return found.length === 1
    ? found.map((kind) => ({ path: [...path, kind], kind, settings: at(entry, [kind]) }))
    : [];
}

function draftOf(path: FieldPath, kind: StepKind, settings: unknown): Draft {
  const weight = at(settings, ["weight"]);
  return { path, kind, settings, weight, weightPath: [...path, "weight"], gates: [] };
}

/** The steps that a strategy stands for, as its schema has them. */
function expanded({ path, kind, settings }: Entry<(typeof PRESETS)[number]>): readonly Draft[] {
  const gates = listAt(settings, ["gates"]);
  switch (kind) {
    case "canary":
      return (
        at(settings, ["weights"]) === undefined ? WEIGHTS_PRESET : listAt(settings, ["weights"])
      ).map((weight, index) => ({
        ...draftOf(path, kind, settings),
        weight,
        weightPath: [...path, "weights", index],
        gates,
      }));
    case "blueGreen": {
      const isApproved = at(settings, ["approval"]) === true;
      return [
        { ...draftOf(path, "preview", settings), gates },
        ...(isApproved ? [draftOf(path, "pause", { approval: true })] : []),
        draftOf(path, "switch", settings),
      ];
    }
    case "shadow":
      return [{ ...draftOf(path, kind, settings), gates }];
    case "switch":
    case "pause":
      return [{ ...draftOf(path, kind, settings), gates: gatesIn(at(settings, ["gates"])) }];
    default:
      return kind satisfies never;
  }
}

function gatesIn(gates: unknown): readonly unknown[] {
  return isMapping(gates) ? [...listAt(gates, ["before"]), ...listAt(gates, ["after"])] : [];
}

function isAboveZero(percent: unknown): boolean | undefined {
  const share = shareOf(percent);
  return share === undefined ? undefined : share > 0;
}
