import { isAlias, isMap, isScalar, isSeq, type Node, type Pair } from "yaml";
import type { FieldPath } from "./problem.ts";

/** Something that can be read but is refused. */
export type Refusal = { readonly path: FieldPath; readonly node: Node; readonly allowed: string };

/**
 * The plain value of a node, refusing aliases, anchors, tags and keys that occur twice. `__proto__` is a name like any other.
 * Recursive: `tokenize` has bounded the depth.
 */
export function plainValue(node: unknown, path: FieldPath, refusals: Refusal[]): unknown {
  if (isAlias(node)) {
    refusals.push({ path, node, allowed: "a value, not an alias" });
    return undefined;
  }
  if (!isScalar(node) && !isMap(node) && !isSeq(node)) {
    return null;
  }
  if (node.anchor !== undefined) {
    refusals.push({ path, node, allowed: "a value without an anchor" });
  }
  if (node.tag !== undefined) {
    refusals.push({ path, node, allowed: "a value without a tag" });
  }
  if (isSeq(node)) {
    return node.items.map((item, index) => plainValue(item, [...path, index], refusals));
  }
  return isMap(node) ? mappingOf(node.items, path, refusals) : node.value;
}

function mappingOf(pairs: readonly Pair[], path: FieldPath, refusals: Refusal[]): object {
  const entries = new Map<string, unknown>();
  for (const { key, value } of pairs) {
    const name = nameOf(key);
    const place = [...path, name];
    if (entries.has(name) && isScalar(key)) {
      refusals.push({ path: place, node: key, allowed: "each key once" });
    }
    entries.set(name, plainValue(value, place, refusals));
  }
  return Object.fromEntries(entries);
}

function nameOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : "";
}

/** Where a field is: its key and its value, as far as they are written, and the innermost node that holds or lacks it. */
export type Field = {
  readonly holder: Node | undefined;
  readonly key: Node | undefined;
  readonly value: Node | undefined;
};

/** Finds a field; of one that is not there, `key` and `value` are undefined. */
export function findField(root: Node | undefined, path: FieldPath): Field {
  let field: Field = { holder: root, key: undefined, value: root };
  for (const step of path) {
    const child = childOf(field.value, step);
    if (child === undefined) {
      return { holder: field.value ?? field.holder, key: undefined, value: undefined };
    }
    field = { holder: field.value, ...child };
  }
  return field;
}

type Child = Pick<Field, "key" | "value">;

function childOf(node: Node | undefined, step: string | number): Child | undefined {
  if (isSeq<Node>(node) && typeof step === "number") {
    const value = node.items[step];
    return value === undefined ? undefined : { key: undefined, value };
  }
  if (isMap<Node, Node | null>(node)) {
    const pair = node.items.findLast(({ key }) => nameOf(key) === step);
    return pair && { key: pair.key, value: pair.value ?? undefined };
  }
  return undefined;
}
