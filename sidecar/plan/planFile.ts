import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { type Document, isScalar, parseDocument } from "yaml";
import { DESCRIPTORS_BYTES_MAX } from "./descriptors.ts";
import { REFERENCE_TEXT_MAX } from "./reference.ts";

const FILE = "file:";

/** Where a plan may name a file, and how the file is written there. */
const PLACES: readonly {
  readonly path: readonly string[];
  readonly write: (bytes: Buffer, name: string) => string;
}[] = [
  { path: ["spec", "compare", "grpc", "descriptorSet"], write: writeDescriptors },
  { path: ["spec", "drift", "reference"], write: writeReference },
];

/**
 * The text of a plan's file, as a sidecar takes it: what `file:NAME` names, from the plan's own folder, stands in its place in base64, at
 * `spec.compare.grpc.descriptorSet` and, compressed, at `spec.drift.reference`. Mistakes in the plan are left for `parsePlan` to name. Rejects
 * when a file can't be read or is too large for a plan.
 */
export async function readPlanFile(file: string): Promise<string> {
  let text = await readFile(file, "utf8");
  for (const { path, write } of text.includes(FILE) ? PLACES : []) {
    const found = scalarAt(parseDocument(text), path);
    if (found !== undefined) {
      const name = resolve(dirname(file), found.value.slice(FILE.length));
      const written = write(await readFile(name), name);
      text = `${text.slice(0, found.start)}"${written}"${text.slice(found.end)}`;
    }
  }
  return text;
}

function scalarAt(
  document: Document,
  path: readonly string[],
): { readonly value: string; readonly start: number; readonly end: number } | undefined {
  const node = document.getIn(path, true);
  if (!isScalar(node) || typeof node.value !== "string" || !node.value.startsWith(FILE)) {
    return undefined;
  }
  const [start, end] = node.range ?? [0, 0];
  return { value: node.value, start, end };
}

function writeDescriptors(bytes: Buffer, name: string): string {
  if (bytes.length > DESCRIPTORS_BYTES_MAX) {
    throw new Error(
      `${name}: ${bytes.length} bytes: at most ${DESCRIPTORS_BYTES_MAX} bytes of descriptors`,
    );
  }
  return bytes.toString("base64");
}

function writeReference(bytes: Buffer, name: string): string {
  const written = gzipSync(bytes, { level: 9 }).toString("base64");
  if (written.length > REFERENCE_TEXT_MAX) {
    throw new Error(
      `${name}: compressed ${written.length} characters: at most ${REFERENCE_TEXT_MAX}: profile fewer features or rows`,
    );
  }
  return written;
}
