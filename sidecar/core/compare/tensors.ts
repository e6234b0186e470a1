import type { UndecodableReason } from "./comparison.ts";
import {
  isArray,
  isLongFromNumber,
  isObject,
  type JsonArray,
  type JsonObject,
  type JsonValue,
} from "./jsonValue.ts";

/** What a document turned out to be. */
export type Tensors =
  /** Every tensor's data are one flat list, as many as its shape says, each of its datatype. */
  | { readonly kind: "tensors"; readonly value: JsonValue }
  /** It is no answer with tensors. */
  | { readonly kind: "other" }
  | { readonly kind: "problem"; readonly reason: UndecodableReason };

const OTHER: Tensors = { kind: "other" };

type ElementType = "boolean" | "number" | "string";

/** Elements of a tensor's data, by its datatype (Open Inference Protocol v2, "Tensor Data Types"). */
const ELEMENTS: ReadonlyMap<string, ElementType> = new Map([
  ["BOOL", "boolean"],
  ...["UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64"].map(numeric),
  ...["FP16", "BF16", "FP32", "FP64"].map(numeric),
  ["BYTES", "string"],
]);

function numeric(datatype: string): [string, "number"] {
  return [datatype, "number"];
}

/** What stands for a number that JSON can't write: what binary tensors are read to, and what servers send. */
const NO_NUMBERS: ReadonlySet<JsonValue> = new Set([null, "NaN", "Infinity", "-Infinity"]);

/**
 * Reads an answer with tensors: an object whose `outputs` all have a name of their own, a known datatype and a shape. Data that are written
 * as nested lists are flattened, in the order of rows. Null, `NaN` and `Infinity` as texts fit every numeric datatype.
 */
export function readTensors(value: JsonValue): Tensors {
  const outputs = isObject(value) ? value.outputs : undefined;
  if (outputs === undefined || !isArray(outputs) || !areTensors(outputs)) {
    return OTHER;
  }
  const read = readAll(outputs);
  if (read === undefined) {
    return OTHER;
  }
  if (typeof read === "string") {
    return { kind: "problem", reason: read };
  }
  return {
    kind: "tensors",
    value: read === outputs || !isObject(value) ? value : { ...value, outputs: read },
  };
}

/** Undefined when one is of a datatype that is not known. */
function readAll(outputs: JsonArray): JsonArray | UndecodableReason | undefined {
  let read = outputs;
  for (let index = 0; index < outputs.length; index += 1) {
    const tensor = outputs[index];
    if (tensor === undefined || !isObject(tensor)) {
      return "tensorData";
    }
    const { datatype } = tensor;
    const type = typeof datatype === "string" ? ELEMENTS.get(datatype) : undefined;
    const data = type && dataOf(tensor, type);
    if (data === undefined || typeof data === "string") {
      return data;
    }
    if (data !== tensor.data) {
      read = read.with(index, { ...tensor, data });
    }
  }
  return read;
}

/** Names that are compared with each other before a set is made of them. */
const FEW = 8;

function areTensors(outputs: JsonArray): boolean {
  if (outputs.length === 0) {
    return false;
  }
  for (const output of outputs) {
    if (!isTensor(output)) {
      return false;
    }
  }
  return areNamesUnique(outputs);
}

function isTensor(output: JsonValue): boolean {
  if (!isObject(output)) {
    return false;
  }
  const { name, datatype, shape } = output;
  return typeof name === "string" && typeof datatype === "string" && Array.isArray(shape);
}

function areNamesUnique(outputs: JsonArray): boolean {
  if (outputs.length > FEW) {
    return new Set(outputs.map(nameOf)).size === outputs.length;
  }
  for (let index = 1; index < outputs.length; index += 1) {
    const name = nameOf(outputs[index]);
    for (let before = 0; before < index; before += 1) {
      if (name === nameOf(outputs[before])) {
        return false;
      }
    }
  }
  return true;
}

/** A tensor's data as one flat list, or why it has none. */
function dataOf(tensor: JsonObject, type: ElementType): JsonArray | UndecodableReason {
  const { data } = tensor;
  if (data === undefined || !isArray(data)) {
    return "tensorData";
  }
  const fits = isOfType(data, type);
  const flat = fits ? data : flatten(data);
  if (!fits && !isOfType(flat, type)) {
    return "tensorData";
  }
  return sizeOf(tensor) === flat.length ? flat : "tensorShape";
}

/** How many elements a shape has; undefined when it is none. */
function sizeOf({ shape }: JsonObject): number | undefined {
  let size = 1;
  if (shape === undefined || !isArray(shape)) {
    return undefined;
  }
  for (const length of shape) {
    if (typeof length !== "number" || !Number.isSafeInteger(length) || length < 0) {
      return undefined;
    }
    size *= length;
  }
  return size;
}

/** Without recursion into what was sent: one level less at a time. */
function flatten(data: JsonArray): JsonArray {
  let flat = data;
  while (flat.some((element) => Array.isArray(element))) {
    flat = flat.flatMap((element) => (isArray(element) ? element : [element]));
  }
  return flat;
}

function isOfType(data: JsonArray, type: ElementType): boolean {
  return type === "number" ? areNumbers(data) : data.every((element) => typeof element === type);
}

function areNumbers(data: JsonArray): boolean {
  if (!isLongFromNumber(data)) {
    return data.every((element) => typeof element === "number" || isNumeric(element));
  }
  for (let index = 0; index < data.length; index += 1) {
    const element = data[index];
    if (typeof element !== "number" && !isNumeric(element ?? null)) {
      return false;
    }
  }
  return true;
}

function isNumeric(element: JsonValue): boolean {
  return typeof element === "bigint" || NO_NUMBERS.has(element);
}

/**
 * The candidate's document with its tensors in the primary's order, so that they are compared by name: those that the primary lacks come
 * last, and where the candidate lacks one there is a hole. Both are answers with tensors.
 */
export function alignTensors(primary: JsonObject, candidate: JsonObject): JsonObject {
  const wanted = outputsOf(primary);
  const given = outputsOf(candidate);
  if (areInOrder(wanted, given)) {
    return candidate;
  }
  const byName = new Map(given.map((tensor) => [nameOf(tensor), tensor]));
  const outputs: JsonValue[] = [];
  for (const [index, wantedTensor] of wanted.entries()) {
    const name = nameOf(wantedTensor);
    const tensor = byName.get(name);
    if (tensor !== undefined) {
      outputs[index] = tensor;
      byName.delete(name);
    }
  }
  outputs.length = wanted.length;
  outputs.push(...byName.values());
  return { ...candidate, outputs };
}

function areInOrder(wanted: JsonArray, given: JsonArray): boolean {
  for (let index = 0; index < wanted.length; index += 1) {
    if (nameOf(wanted[index]) !== nameOf(given[index])) {
      return false;
    }
  }
  return true;
}

/** The member `name` of an object, when it is a text. */
export function nameOf(value: JsonValue | undefined): string | undefined {
  const name = value !== undefined && isObject(value) ? value.name : undefined;
  return typeof name === "string" ? name : undefined;
}

function outputsOf({ outputs }: JsonObject): JsonArray {
  return outputs !== undefined && isArray(outputs) ? outputs : [];
}
