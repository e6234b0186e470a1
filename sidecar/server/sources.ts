/** What a batch's number says: the next one, one seen before, or the next after a gap. */
export type Numbering =
  | { readonly kind: "replayed" }
  | { readonly kind: "new"; readonly lost: number };

/** Remembers the last batch of each filter, so that none is counted twice, whatever stream it comes on. Bounded. */
export class Sources {
  readonly #lastBySource = new Map<string, number>();
  readonly #sourcesMax: number;

  constructor(sourcesMax: number) {
    this.#sourcesMax = sourcesMax;
  }

  /** A filter says which batch it sends next; returns how many were sent and never came. A new filter has lost none. */
  expect(source: string, nextSequence: number): number {
    const last = this.#lastBySource.get(source);
    const before = nextSequence - 1;
    this.#remember(source, Math.max(last ?? 0, before));
    return last === undefined ? 0 : Math.max(0, before - last);
  }

  /** A batch came. */
  take(source: string, sequence: number): Numbering {
    const last = this.#lastBySource.get(source) ?? 0;
    if (sequence <= last) {
      return { kind: "replayed" };
    }
    this.#remember(source, sequence);
    return { kind: "new", lost: sequence - last - 1 };
  }

  /** The filter heard from longest ago is forgotten when there are too many. */
  #remember(source: string, sequence: number): void {
    this.#lastBySource.delete(source);
    this.#lastBySource.set(source, sequence);
    if (this.#lastBySource.size > this.#sourcesMax) {
      for (const oldest of this.#lastBySource.keys()) {
        this.#lastBySource.delete(oldest);
        return;
      }
    }
  }
}
