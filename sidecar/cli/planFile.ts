import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { isScalar, parseDocument } from "yaml";
import { DESCRIPTORS_BYTES_MAX } from "../plan/descriptors.ts";

const PLACE = ["spec", "compare", "grpc", "descriptorSet"];
const FILE = "file:";

/**
 * The text of a plan's file, as a sidecar takes it: what `spec.compare.grpc.descriptorSet: file:NAME` names, from the plan's own folder, stands in
 * its place in base64. Mistakes in the plan are left for `parsePlan` to name. Rejects when a file can't be read or is too large for a plan.
 */
export async function readPlanFile(file: string): Promise<string> {
  const text = await readFile(file, "utf8");
  const node = text.includes(FILE) ? parseDocument(text).getIn(PLACE, true) : undefined;
  if (!isScalar(node) || typeof node.value !== "string" || !node.value.startsWith(FILE)) {
    return text;
  }
  const [start, end] = node.range ?? [0, 0];
  const named = resolve(dirname(file), node.value.slice(FILE.length));
  const descriptors = await readFile(named);
  if (descriptors.length > DESCRIPTORS_BYTES_MAX) {
    throw new Error(
      `${named}: ${descriptors.length} bytes: at most ${DESCRIPTORS_BYTES_MAX} bytes of descriptors`,
    );
  }
  return `${text.slice(0, start)}"${descriptors.toString("base64")}"${text.slice(end)}`;
}
