import { addToBloom, type Bloom, inBloom, startBloom } from "./bloom.ts";
import { type Separation, separate } from "./domainClassifier.ts";
import { gramsOf, gramTokensOf, TEXT_UNITS_MAX } from "./grams.ts";
import { offerRow, type RowSample, sampledRows, startSample } from "./rowSample.ts";
import type { Telling } from "./telling.ts";

/** Texts that are kept, as the buckets of their grams, of the reference and of a window. */
const SAMPLE_TEXTS_MAX = 1_000;
/** Fewer texts are no window, and twice as many are needed for a profile. */
const TEXT_ROWS_MIN = 50;
/** Fewer texts make no profile. */
export const TEXTS_MIN: number = 2 * TEXT_ROWS_MIN;
const TOLD_MAX = 5;
const WORD = /\S+/g;

/** What numbers tell of a text: each is a feature of its own, named "text.length" and so on. */
export type Descriptors = {
  /** UTF-16 units. */
  readonly length: number;
  /** Runs of what is no space, in the first 4,096 units, as all that follows. */
  readonly tokens: number;
  /** Shares in [0, 1]: of units beyond ASCII, and of grams that the reference lacks. */
  readonly nonAscii: number;
  readonly unknown: number;
};

/** A text column of the reference: plain JSON; which grams it knows, and a sample of its texts' buckets. */
export type TextProfile = {
  readonly name: string;
  /** The JSONPath by which documents have it, where it is no key of theirs. */
  readonly path?: string;
  readonly seed: number;
  readonly bloom: Bloom;
  readonly sample: readonly (readonly number[])[];
  /** One gram of each bucket in the sample. */
  readonly grams: Readonly<Record<string, string>>;
};

/** A window's texts, as plain JSON of at most about a megabyte. */
export type TextWindow = {
  n: number;
  missing: number;
  /** Texts of which only the beginning was looked at. */
  cut: number;
  /** Values that are no text, counted as missing. */
  wrongType: number;
  sample: RowSample<readonly number[]>;
  grams: Record<string, string>;
};

/** From which area under the curve on texts have drifted, and the chance of an alarm where nothing changes. */
export type TextSettings = { readonly auc: number; readonly alpha: number };

/** One false alarm in a thousand windows. */
export const TEXT_DEFAULTS: TextSettings = { auc: 0.55, alpha: 0.001 };

/** What is known and said of a window's texts. */
export type TextDrift = {
  readonly name: string;
  readonly type: "text";
  readonly n: number;
  readonly missing: number;
  readonly classifier: Pick<Separation, "auc" | "pValue">;
  readonly drifted: boolean;
  readonly reasons: readonly string[];
  /** The grams that tell the window from the reference, strongest first. */
  readonly telling: readonly Telling[];
};

/**
 * The profile of a text column from texts in random order, and the numbers that are to become its features. Null for fewer than 100 texts. Which grams
 * are known is learned from the one half; numbers are taken of the other, whose unknown grams are as frequent as they will be in windows.
 */
export function buildText(
  name: string,
  texts: readonly string[],
  seed: number,
): { readonly profile: TextProfile; readonly descriptors: readonly Descriptors[] } | null {
  if (texts.length < TEXTS_MIN) {
    return null;
  }
  const half = Math.floor(texts.length / 2);
  const bloom = startBloom();
  for (const text of texts.slice(0, half)) {
    for (const gram of gramsOf(text)) {
      addToBloom(bloom, gram);
    }
  }
  const grams: Record<string, string> = {};
  const sample = texts
    .slice(0, SAMPLE_TEXTS_MAX)
    .map((text) => gramTokensOf(text, (bucket, gram) => noteGram(grams, bucket, gram)));
  return {
    profile: { name, seed, bloom, sample, grams },
    descriptors: texts.slice(half).map((text) => descriptorsOf({ bloom }, text)),
  };
}

/** The numbers of one text, by a profile of its column. */
export function descriptorsOf({ bloom }: Pick<TextProfile, "bloom">, text: string): Descriptors {
  const begin = text.slice(0, TEXT_UNITS_MAX);
  const grams = gramsOf(begin);
  let nonAscii = 0;
  for (let index = 0; index < begin.length; index += 1) {
    nonAscii += begin.charCodeAt(index) > 127 ? 1 : 0;
  }
  return {
    length: text.length,
    tokens: begin.match(WORD)?.length ?? 0,
    nonAscii: nonAscii / Math.max(1, begin.length),
    unknown: grams.filter((gram) => !inBloom(bloom, gram)).length / Math.max(1, grams.length),
  };
}

/** A window without texts. */
export function startText(seed: number): TextWindow {
  return {
    ...{ n: 0, missing: 0, cut: 0, wrongType: 0 },
    sample: startSample({ seed, rowsMax: SAMPLE_TEXTS_MAX }),
    grams: {},
  };
}

/** Counts one value; null, undefined and the empty text are missing, and so is what is no text. */
export function addText(window: TextWindow, value: unknown): void {
  if (typeof value !== "string" || value === "") {
    window.missing += 1;
    window.wrongType += value === null || value === undefined || value === "" ? 0 : 1;
    return;
  }
  window.n += 1;
  window.cut += value.length > TEXT_UNITS_MAX ? 1 : 0;
  offerRow(window.sample, () =>
    gramTokensOf(value, (bucket, gram) => noteGram(window.grams, bucket, gram)),
  );
}

/** Whether a classifier on grams tells a window's texts from the reference's; null for fewer than 50. */
export function assessText(
  profile: TextProfile,
  window: TextWindow,
  settings: TextSettings = TEXT_DEFAULTS,
): TextDrift | null {
  if (window.n < TEXT_ROWS_MIN) {
    return null;
  }
  const { auc, pValue, telling } = separate(
    profile.sample,
    sampledRows(window.sample),
    profile.seed,
  );
  const drifted = auc > settings.auc && pValue <= settings.alpha;
  return {
    name: profile.name,
    type: "text",
    n: window.n,
    missing: window.missing,
    classifier: { auc, pValue },
    drifted,
    reasons: [
      ...(drifted
        ? [`a classifier tells the texts from the reference's: AUC ${auc.toFixed(3)}`]
        : []),
      ...(window.wrongType > 0 ? [`${window.wrongType} values are no texts: missing`] : []),
    ],
    telling: drifted
      ? telling.slice(0, TOLD_MAX).map(({ bucket, referenceShare, currentShare }) => ({
          what: JSON.stringify(window.grams[bucket] ?? profile.grams[bucket] ?? ""),
          referenceShare,
          currentShare,
        }))
      : [],
  };
}

function noteGram(grams: Record<string, string>, bucket: number, gram: string): void {
  grams[bucket] ??= gram;
}
