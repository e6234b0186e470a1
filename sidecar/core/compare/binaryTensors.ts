import type { UndecodableReason } from "./comparison.ts";
import { isArray, isObject, type JsonObject, type JsonValue } from "./jsonValue.ts";

/** The document with the data of its binary tensors filled in, or why that can't be done. */
export type BinaryTensors =
  | { readonly kind: "json"; readonly value: JsonValue }
  | { readonly kind: "problem"; readonly reason: UndecodableReason };

const BROKEN: BinaryTensors = { kind: "problem", reason: "tensorBytes" };

/**
 * Fills the data of tensors that came after the JSON document (Open Inference Protocol v2, "Binary Tensor Data"): those with a parameter
 * `binary_data_size` follow each other in their order, little-endian, in rows. The parameter is left out. Numbers that JSON does not know
 * become texts (`NaN`, `Infinity`), bytes that are no UTF-8 are read with replacements. At most `elementsMax` elements in all.
 */
export function fillBinaryTensors(
  document: JsonValue,
  bytes: Uint8Array,
  elementsMax: number,
): BinaryTensors {
  const outputs = isObject(document) ? document.outputs : undefined;
  if (outputs === undefined || !isArray(outputs) || !isObject(document)) {
    return bytes.length === 0 ? { kind: "json", value: document } : BROKEN;
  }
  const rest: Rest = { bytes, elements: 0 };
  const filled: JsonValue[] = [];
  for (const output of outputs) {
    const tensor = fill(output, rest);
    if (tensor === undefined) {
      return BROKEN;
    }
    if (rest.elements > elementsMax) {
      return { kind: "problem", reason: "tooManyTokens" };
    }
    filled.push(tensor);
  }
  return rest.bytes.length === 0
    ? { kind: "json", value: { ...document, outputs: filled } }
    : BROKEN;
}

/** Bytes that no tensor has taken yet, and elements that were read. */
type Rest = { bytes: Uint8Array; elements: number };

/** The tensor with its data; undefined when the bytes are too few or none of its datatype. */
function fill(output: JsonValue, rest: Rest): JsonValue | undefined {
  const size = binarySize(output);
  if (size === undefined || !isObject(output)) {
    return output;
  }
  const data =
    size <= rest.bytes.length ? decode(rest.bytes.subarray(0, size), output.datatype) : undefined;
  if (data === undefined) {
    return undefined;
  }
  rest.bytes = rest.bytes.subarray(size);
  rest.elements += data.length;
  return { ...withoutSize(output), data };
}

/** Undefined when the data are in the JSON; a size that is none is as large as none can be. */
function binarySize(output: JsonValue): number | undefined {
  const parameters = isObject(output) ? output.parameters : undefined;
  if (parameters === undefined || !isObject(parameters)) {
    return undefined;
  }
  const size = parameters.binary_data_size;
  if (size === undefined) {
    return undefined;
  }
  return typeof size === "number" && Number.isSafeInteger(size) && size >= 0
    ? size
    : Number.POSITIVE_INFINITY;
}

function withoutSize(output: JsonObject): JsonObject {
  const { parameters, ...rest } = output;
  if (parameters === undefined || !isObject(parameters)) {
    return output;
  }
  const { binary_data_size: _, ...others } = parameters;
  return Object.keys(others).length === 0 ? rest : { ...rest, parameters: others };
}

type Element = {
  readonly bytes: number;
  readonly read: (view: DataView, at: number) => JsonValue;
};

const ELEMENTS: ReadonlyMap<string, Element> = new Map<string, Element>([
  ["BOOL", { bytes: 1, read: (view, at) => view.getUint8(at) !== 0 }],
  ["UINT8", { bytes: 1, read: (view, at) => view.getUint8(at) }],
  ["UINT16", { bytes: 2, read: (view, at) => view.getUint16(at, true) }],
  ["UINT32", { bytes: 4, read: (view, at) => view.getUint32(at, true) }],
  ["UINT64", { bytes: 8, read: (view, at) => whole(view.getBigUint64(at, true)) }],
  ["INT8", { bytes: 1, read: (view, at) => view.getInt8(at) }],
  ["INT16", { bytes: 2, read: (view, at) => view.getInt16(at, true) }],
  ["INT32", { bytes: 4, read: (view, at) => view.getInt32(at, true) }],
  ["INT64", { bytes: 8, read: (view, at) => whole(view.getBigInt64(at, true)) }],
  ["FP16", { bytes: 2, read: (view, at) => real(halfOf(view.getUint16(at, true))) }],
  ["BF16", { bytes: 2, read: (view, at) => real(brainOf(view.getUint16(at, true))) }],
  ["FP32", { bytes: 4, read: (view, at) => real(view.getFloat32(at, true)) }],
  ["FP64", { bytes: 8, read: (view, at) => real(view.getFloat64(at, true)) }],
]);

/** The elements; undefined when the bytes are not a whole number of them. */
function decode(bytes: Uint8Array, datatype: JsonValue | undefined): JsonValue[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (datatype === "BYTES") {
    return decodeTexts(view);
  }
  const element = typeof datatype === "string" ? ELEMENTS.get(datatype) : undefined;
  if (element === undefined || bytes.length % element.bytes !== 0) {
    return undefined;
  }
  return Array.from({ length: bytes.length / element.bytes }, (_, index) =>
    element.read(view, index * element.bytes),
  );
}

const LENGTH_BYTES = 4;

/** Each text has its length before it, in four bytes. */
function decodeTexts(view: DataView): JsonValue[] | undefined {
  const texts: JsonValue[] = [];
  let at = 0;
  while (at < view.byteLength) {
    const length =
      at + LENGTH_BYTES <= view.byteLength ? view.getUint32(at, true) : Number.POSITIVE_INFINITY;
    at += LENGTH_BYTES;
    if (at + length > view.byteLength) {
      return undefined;
    }
    texts.push(new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at, length)));
    at += length;
  }
  return texts;
}

/** As the JSON reader has them: beyond 2^53 exactly. */
function whole(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function real(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

const FRACTION_BITS = 10;

/** IEEE 754 binary16. */
function halfOf(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> FRACTION_BITS) & 0x1f;
  const fraction = (bits & 0x3ff) / 2 ** FRACTION_BITS;
  if (exponent === 0x1f) {
    return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  }
  return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
}

const brain = new DataView(new ArrayBuffer(4));

/** The upper half of a binary32. */
function brainOf(bits: number): number {
  brain.setUint32(0, bits * 0x10000);
  return brain.getFloat32(0);
}
