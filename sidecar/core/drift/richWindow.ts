import { assessEmbedding, EMBEDDING_DEFAULTS, type EmbeddingDrift } from "./assessEmbedding.ts";
import {
  addVector,
  type Embedding,
  type EmbeddingProfile,
  type EmbeddingWindow,
  embeddingOf,
  startEmbedding,
} from "./embedding.ts";
import { hashNumbers } from "./hash.ts";
import { DESCRIPTORS, descriptorName } from "./richSample.ts";
import { type Batch, numbersOf } from "./table.ts";
import {
  addText,
  assessText,
  type Descriptors,
  descriptorsOf,
  startText,
  TEXT_DEFAULTS,
  type TextDrift,
  type TextProfile,
  type TextWindow,
} from "./text.ts";

/** A reference's columns of texts and vectors, made ready for windows. */
export type Rich = {
  readonly texts: readonly TextProfile[];
  readonly embeddings: readonly Embedding[];
};

/** Their windows, in the same order; plain JSON. */
export type RichWindow = {
  readonly texts: readonly TextWindow[];
  readonly embeddings: readonly EmbeddingWindow[];
};

/** What is said of one column; of one with too few values only that. */
export type RichDrift =
  | TextDrift
  | EmbeddingDrift
  | {
      readonly name: string;
      readonly type: "text" | "embedding";
      readonly n: number;
      readonly missing: number;
      readonly drifted: false;
      readonly reasons: readonly string[];
    };

/** Made once, used for every window. */
export function richOf(profile: {
  readonly texts?: readonly TextProfile[];
  readonly embeddings?: readonly EmbeddingProfile[];
}): Rich {
  return { texts: profile.texts ?? [], embeddings: (profile.embeddings ?? []).map(embeddingOf) };
}

/** A window without rows. */
export function startRichWindow(rich: Rich, seed: number): RichWindow {
  return {
    texts: rich.texts.map((_, index) => startText(hashNumbers(seed, index))),
    embeddings: rich.embeddings.map(startEmbedding),
  };
}

/** Counts the texts and vectors of a batch; returns it with the texts' numbers as further columns. */
export async function addRichBatch(rich: Rich, window: RichWindow, batch: Batch): Promise<Batch> {
  for (const [embedding, counted] of zip(rich.embeddings, window.embeddings)) {
    for (const value of await readColumn(batch, embedding.profile.name)) {
      addVector(embedding, counted, value);
    }
  }
  const further = new Map<string, Float64Array>();
  for (const [text, counted] of zip(rich.texts, window.texts)) {
    const values = await readColumn(batch, text.name);
    for (const value of values) {
      addText(counted, value);
    }
    const numbers = values.map((value) => numbersOfText(text, value));
    for (const descriptor of DESCRIPTORS) {
      const column = Float64Array.from(numbers, (each) => each?.[descriptor] ?? Number.NaN);
      further.set(descriptorName(text.name, descriptor), column);
    }
  }
  return further.size === 0 ? batch : withColumns(batch, further);
}

/** What is said of each column, with the chance `alpha` of an alarm where nothing changes. */
export function assessRich(
  rich: Rich,
  window: RichWindow,
  alpha: number = TEXT_DEFAULTS.alpha,
): readonly RichDrift[] {
  const texts = zip(rich.texts, window.texts).map(
    ([text, counted]) =>
      assessText(text, counted, { ...TEXT_DEFAULTS, alpha }) ??
      unjudged(text.name, "text", counted),
  );
  const embeddings = zip(rich.embeddings, window.embeddings).map(
    ([embedding, counted]) =>
      assessEmbedding(embedding, counted, { ...EMBEDDING_DEFAULTS, alpha }) ??
      unjudged(embedding.profile.name, "embedding", counted),
  );
  return [...texts, ...embeddings];
}

/** The elements of both at the same places. */
function zip<A, B>(a: readonly A[], b: readonly B[]): (readonly [A, B])[] {
  return a.flatMap((one, index) => {
    const other = b[index];
    return other === undefined ? [] : [[one, other] as const];
  });
}

function unjudged(
  name: string,
  type: RichDrift["type"],
  { n, missing }: { readonly n: number; readonly missing: number },
): RichDrift {
  return { name, type, n, missing, drifted: false, reasons: [`${n} values are too few to judge`] };
}

function numbersOfText(text: TextProfile, value: unknown): Descriptors | null {
  return typeof value === "string" && value !== "" ? descriptorsOf(text, value) : null;
}

async function readColumn(batch: Batch, name: string): Promise<readonly unknown[]> {
  const column = batch.columns.indexOf(name);
  return column < 0
    ? new Array<unknown>(batch.rows).fill(null)
    : Array.from(await batch.read(column));
}

function withColumns(batch: Batch, further: ReadonlyMap<string, Float64Array>): Batch {
  const own = batch.columns.length;
  const columns = [...further.values()];
  const furtherAt = (column: number) => columns[column - own] ?? new Float64Array(batch.rows);
  return {
    ...batch,
    columns: [...batch.columns, ...further.keys()],
    read: async (column) => (column < own ? await batch.read(column) : furtherAt(column)),
    readNumbers: async (column) =>
      column < own ? await batch.readNumbers(column) : numbersOf(furtherAt(column)),
  };
}
