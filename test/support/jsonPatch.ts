/** A JSON value that is written in place. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** An operation of a JSON patch. */
export type Operation = { readonly op: string; readonly path: string; readonly value?: Json };

/** Applies a patch (RFC 6902: add, replace, test) to a copy; throws where the patch can't be applied. */
export function patched(document: Json, operations: readonly Operation[]): Json {
  const root: Json = { document: structuredClone(document) };
  for (const { op, path, value = null } of operations) {
    const keys = ["document", ...path.split("/").slice(1)].map((key) =>
      key.replaceAll("~1", "/").replaceAll("~0", "~"),
    );
    const last = keys.pop() ?? "";
    const parent = keys.reduce<Json>(child, root);
    if (op === "test") {
      assertSame(child(parent, last), value, path);
    } else {
      put(parent, last, value);
    }
  }
  return root.document ?? null;
}

function child(parent: Json, key: string): Json {
  const found = Array.isArray(parent)
    ? parent[Number(key)]
    : typeof parent === "object" && parent !== null
      ? parent[key]
      : undefined;
  if (found === undefined) {
    throw new Error(`there is no ${key}`);
  }
  return found;
}

function put(parent: Json, key: string, value: Json): void {
  if (Array.isArray(parent)) {
    parent[Number(key)] = value;
  } else if (typeof parent === "object" && parent !== null) {
    parent[key] = value;
  } else {
    throw new Error(`nothing can be put at ${key}`);
  }
}

function assertSame(found: Json, expected: Json, path: string): void {
  if (canonical(found) !== canonical(expected)) {
    throw new Error(`testing value ${path} failed`);
  }
}

function canonical(value: Json): string {
  return JSON.stringify(value, (_, each) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
