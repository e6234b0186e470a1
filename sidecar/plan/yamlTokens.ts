import { type CST, Parser } from "yaml";

/** The tokens of a text that is safe to compose, or the first place that is not. */
export type YamlTokens =
  | { readonly kind: "tokens"; readonly tokens: readonly CST.Token[] }
  | { readonly kind: "refused"; readonly offset: number; readonly allowed: string };

/** Most levels of mappings and lists in a text. */
export const YAML_DEPTH_MAX = 16;

/**
 * Splits a text into tokens and refuses what makes composing slow or ambiguous: deep nesting (composing recurses), keys that are
 * mappings or lists (30,000 of `? ` keep the composer busy for eight minutes), directives and second documents. Takes time and
 * memory in proportion to the text.
 */
export function tokenize(text: string, onNewLine: (offset: number) => void): YamlTokens {
  const tokens = [...new Parser(onNewLine).parse(text)];
  const documents = tokens.filter((token) => token.type === "document");
  const directive = tokens.find((token) => token.type === "directive");
  if (directive !== undefined) {
    return refused(directive.offset, "no directive");
  }
  const second = documents[1];
  if (second !== undefined) {
    return refused(second.offset, "one document");
  }
  const deep = documents[0]?.value && findUnsafe(documents[0].value);
  return deep ?? { kind: "tokens", tokens };
}

function refused(offset: number, allowed: string): YamlTokens {
  return { kind: "refused", offset, allowed };
}

function findUnsafe(root: CST.Token): YamlTokens | undefined {
  let level = collectionsOf([root]);
  for (let depth = 1; level.length > 0; depth += 1) {
    const [first] = level;
    if (depth > YAML_DEPTH_MAX && first !== undefined) {
      return refused(first.offset, `at most ${YAML_DEPTH_MAX} levels`);
    }
    const items = level.flatMap((collection): CST.CollectionItem[] => collection.items);
    const [key] = collectionsOf(items.flatMap((item) => item.key ?? []));
    if (key !== undefined) {
      return refused(key.offset, "a plain text as key");
    }
    level = collectionsOf(items.flatMap(({ value }) => value ?? []));
  }
  return undefined;
}

type Collection = Extract<CST.Token, { items: unknown }>;

function collectionsOf(tokens: readonly CST.Token[]): readonly Collection[] {
  return tokens.filter((token) => "items" in token);
}
