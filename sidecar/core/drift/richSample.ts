import { addNumbers, startNumeric } from "./columnSample.ts";
import {
  buildEmbedding,
  EMBEDDING_ROWS_MIN,
  type EmbeddingProfile,
  vectorOf,
} from "./embedding.ts";
import { numericOf } from "./featureOf.ts";
import { TEXT_UNITS_MAX } from "./grams.ts";
import { DIMENSIONS_MAX } from "./kernelMean.ts";
import type { FeatureProfile } from "./profile.ts";
import { offerRow, type RowSample, sampledRows, startSample } from "./rowSample.ts";
import { NOTHING_KEPT } from "./rowSlots.ts";
import type { Batch } from "./table.ts";
import { buildText, type Descriptors, TEXTS_MIN, type TextProfile } from "./text.ts";

/** Texts and vectors that a profile is made from, and numbers of all vectors together. */
const TEXTS_MAX = 2_000;
const VECTORS_MAX = 4_000;
const COMPONENTS_MAX = 2_000_000;

/** Fewer usable values of a column make no profile of it. */
export const RICH_ROWS_MIN: Readonly<Record<RichSample["type"], number>> = {
  text: TEXTS_MIN,
  embedding: EMBEDDING_ROWS_MIN,
};

/** The numbers of a text that are features of their own. */
export const DESCRIPTORS = ["length", "tokens", "nonAscii", "unknown"] as const;

/** The name of such a feature: "note.length" of the texts "note". */
export function descriptorName(text: string, descriptor: keyof Descriptors): string {
  return `${text}.${descriptor}`;
}

/** A column of the reference whose values are texts or vectors, while it is read: a uniform sample of them. */
export type RichSample = TextSample | VectorSample;

type ColumnAt = { readonly name: string; readonly column: number; readonly seed: number };
type TextSample = ColumnAt & { readonly type: "text"; readonly sample: RowSample<string> };
type VectorSample = ColumnAt & {
  readonly type: "embedding";
  /** Null until the first vector says how many dimensions there are. */
  sample: RowSample<ArrayLike<number>> | null;
  dimensions: number;
};

/** What a profile has of such columns. */
export type RichProfiles = {
  readonly texts: readonly TextProfile[];
  readonly embeddings: readonly EmbeddingProfile[];
  /** The numbers of the texts, each with the text's name as `text`. */
  readonly features: readonly FeatureProfile[];
};

/** No value read. */
export function startRich(type: RichSample["type"], at: ColumnAt): RichSample {
  return type === "text"
    ? { ...at, type, sample: startSample({ seed: at.seed, rowsMax: TEXTS_MAX }) }
    : { ...at, type, sample: null, dimensions: 0 };
}

/** Reads the column's values of a batch; `odd` is told the index of each that is neither missing nor what the column holds. */
export async function addRich(
  rich: RichSample,
  batch: Batch,
  odd: (index: number, value: unknown) => void,
): Promise<void> {
  const values = rich.column < batch.columns.length ? await batch.read(rich.column) : [];
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    const isMissing = value === null || value === undefined || value === "";
    if (
      !isMissing &&
      !(rich.type === "text" ? offerText(rich.sample, value) : offerVector(rich, value))
    ) {
      odd(index, value);
    }
  }
}

/** The profiles of what was read, with the JSONPath that a column has by `paths`; nothing of columns with too few values. */
export function richProfiles(
  samples: readonly RichSample[],
  paths: ReadonlyMap<string, string>,
): RichProfiles {
  const texts: TextProfile[] = [];
  const embeddings: EmbeddingProfile[] = [];
  const features: FeatureProfile[] = [];
  for (const rich of samples) {
    const path = paths.get(rich.name);
    const at = path === undefined ? {} : { path };
    const text = rich.type === "text" ? textOf(rich) : null;
    const embedding = rich.type === "embedding" ? embeddingOf(rich) : null;
    if (text !== null) {
      texts.push({ ...text.profile, ...at });
      features.push(...featuresOf(rich.name, text.descriptors));
    }
    if (embedding !== null) {
      embeddings.push({ ...embedding, ...at });
    }
  }
  return { texts, embeddings, features };
}

function textOf({ name, seed, sample }: TextSample): ReturnType<typeof buildText> {
  return buildText(name, sampledRows(sample), seed);
}

function embeddingOf({ name, seed, sample }: VectorSample): EmbeddingProfile | null {
  return sample === null ? null : buildEmbedding(name, sampledRows(sample), seed);
}

function featuresOf(text: string, descriptors: readonly Descriptors[]): readonly FeatureProfile[] {
  return DESCRIPTORS.map((descriptor) => {
    const values = Float64Array.from(descriptors, (each) => each[descriptor]);
    const sample = startNumeric();
    addNumbers(sample, values, NOTHING_KEPT);
    return {
      type: "numeric",
      name: descriptorName(text, descriptor),
      text,
      n: values.length,
      missing: 0,
      ...numericOf(sample, values, "all"),
    };
  });
}

function offerText(sample: RowSample<string>, value: unknown): boolean {
  if (typeof value === "string") {
    offerRow(sample, () => value.slice(0, TEXT_UNITS_MAX));
  }
  return typeof value === "string";
}

function offerVector(rich: VectorSample, value: unknown): boolean {
  if (rich.sample === null) {
    rich.dimensions = dimensionsOf(value);
    const rowsMax = Math.min(
      VECTORS_MAX,
      Math.floor(COMPONENTS_MAX / Math.max(1, rich.dimensions)),
    );
    rich.sample = rich.dimensions === 0 ? null : startSample({ seed: rich.seed, rowsMax });
  }
  const vector = vectorOf(value, rich.dimensions);
  const { sample } = rich;
  if (sample === null || vector === null || typeof vector === "string") {
    return false;
  }
  offerRow(sample, () => Float32Array.from(vector));
  return true;
}

/** As many dimensions as a list has, 0 for too many or no list. */
function dimensionsOf(value: unknown): number {
  const isList =
    Array.isArray(value) || value instanceof Float32Array || value instanceof Float64Array;
  return isList && value.length <= DIMENSIONS_MAX ? value.length : 0;
}
