/** Elements, by index, that found no counterpart in the other array. */
export type Unmatched = { readonly missing: readonly number[]; readonly extra: readonly number[] };

/** Pairs elements that have the same text, each once, the first with the first. Linear in the number of elements. */
export function matchTexts(primary: readonly string[], candidate: readonly string[]): Unmatched {
  const waiting = new Map<string, number[]>();
  for (const [index, text] of [...candidate.entries()].reverse()) {
    const indices = waiting.get(text);
    if (indices === undefined) {
      waiting.set(text, [index]);
    } else {
      indices.push(index);
    }
  }
  const missing: number[] = [];
  primary.forEach((text, index) => {
    if (waiting.get(text)?.pop() === undefined) {
      missing.push(index);
    }
  });
  return { missing, extra: [...waiting.values()].flat().sort((a, b) => a - b) };
}

/** What `matchPairwise` matches: the lengths of two arrays and whether two of their elements are equal. */
export type Pairing = {
  readonly primaryLength: number;
  readonly candidateLength: number;
  readonly same: (primary: number, candidate: number) => boolean;
};

/**
 * Pairs as many elements as can be paired, each once, where "same" is not transitive (a tolerance): a maximum bipartite matching
 * by augmenting paths (Kuhn). Asks `same` once for each pair of elements.
 */
export function matchPairwise(pairing: Pairing): Unmatched {
  const choices = Array.from({ length: pairing.primaryLength }, (_, primary) =>
    range(pairing.candidateLength).filter((candidate) => pairing.same(primary, candidate)),
  );
  const partner = new Map<number, number>();
  const missing = range(pairing.primaryLength).filter(
    (primary) => !augment({ choices, partner, tried: new Set() }, primary),
  );
  return {
    missing,
    extra: range(pairing.candidateLength).filter((candidate) => !partner.has(candidate)),
  };
}

type Matching = {
  readonly choices: readonly (readonly number[])[];
  /** Primary's element by candidate's. */
  readonly partner: Map<number, number>;
  readonly tried: Set<number>;
};

/** Finds a partner for a primary's element, moving earlier ones where that frees one; as deep as there are elements. */
function augment(matching: Matching, primary: number): boolean {
  for (const candidate of matching.choices[primary] ?? []) {
    if (!matching.tried.has(candidate)) {
      matching.tried.add(candidate);
      const holder = matching.partner.get(candidate);
      if (holder === undefined || augment(matching, holder)) {
        matching.partner.set(candidate, primary);
        return true;
      }
    }
  }
  return false;
}

function range(length: number): readonly number[] {
  return Array.from({ length }, (_, index) => index);
}
