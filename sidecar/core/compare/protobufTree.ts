import type { ScalarValue } from "./protobufScalar.ts";

/** A message while it is read: a document that still grows. */
export type Tree = { [name: string]: Node };
/** A value in it. */
export type Node = null | ScalarValue | Node[] | Tree;

/** Whether a value is a message or a map. */
export function isTree(node: Node | undefined): node is Tree {
  return typeof node === "object" && node !== null && !Array.isArray(node);
}

/** Sets a member of the tree's own, whatever its name. */
export function put(tree: Tree, name: string, value: Node): void {
  if (name === "__proto__") {
    const own = { value, writable: true, enumerable: true, configurable: true };
    Object.defineProperty(tree, name, own);
  } else {
    tree[name] = value;
  }
}

/** A member of the tree's own. */
export function held(tree: Tree, name: string): Node | undefined {
  return Object.hasOwn(tree, name) ? tree[name] : undefined;
}
